#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An installed header as doxygen wants it; called by doxygen with a header, writes to stdout.

The headers' own form is plain: a comment above what it is about; below its first sentence a line
"  name: what it is" for each parameter; a paragraph that begins with "Returns"; one with the errors.
ctx and err are the same everywhere and are told here once.
"""
import re
import sys

SAME_EVERYWHERE = {
    "ctx": "what the process shares",
    "err": "says what went wrong when the function fails; never NULL",
}


def parameters(declaration):
    """Names of a function's parameters; those of a function pointer among them count as one."""
    inside = declaration[declaration.index("(") + 1:declaration.rindex(")")]
    inside = re.sub(r"\(\*(\w+)\)\([^()]*\)", r"\1", inside)
    names = [re.sub(r"\[.*", "", part.strip()).split(" ")[-1].lstrip("*") for part in inside.split(",")]
    return [name for name in names if name not in ("void", "...")]


def of_function(text, declaration):
    """The body of a function's comment."""
    declaration = re.sub(r"\s*(RK_MUST_CHECK|RK_PRINTF\([^)]*\))", "", declaration)
    text = re.sub(r"^ \*   (\w+): ", r" * @param \1 ", text, flags=re.M)
    text = re.sub(r"^ \* Returns ", r" * @return ", text, flags=re.M)
    if "enum rk_rc" in declaration.split("(")[0]:
        text, told = re.subn(r"^ \* (RK_E_\w+|Errors as|What visit)", r" * @return RK_OK; \1", text, count=1, flags=re.M)
        text += "" if told or "@return" in text else " * @return RK_OK, or what kind of error\n"
    for name in parameters(declaration):
        if name in SAME_EVERYWHERE and f"@param {name} " not in text:
            text += f" * @param {name} {SAME_EVERYWHERE[name]}\n"
    return text


def filtered(text):
    text = re.sub(r"(?<=[,;] )( *)/\* ((?:[^*]|\*(?!/))*)\*/$", r"\1/**< \2*/", text, flags=re.M)
    text = re.sub(r"^( +)/\*(?! *\*<)( )", r"\1/**\2", text, flags=re.M)
    text = re.sub(r"\A/\* SPDX.*?\*/\n/\*", "/** @file\n *", text)

    def block(match):
        body, follows = match[1], text[match.end():]
        if not body.startswith("\n"):
            body = "\n *" + body.rstrip() + "\n "
        function = re.match(r"(?:RK_API |static inline )[^;{]*\(", follows)
        if function:
            declaration = re.match(r"[^;{]*", follows)[0]
            body = "\n" + of_function(body[1:].rstrip(" "), declaration) + " "
        return f"/**{body}*/\n"

    return re.sub(r"^/\*(?!\*)((?:[^*]|\*(?!/))*)\*/\n(?=RK_API|static|struct|enum|typedef|#define)", block, text, flags=re.M)


if __name__ == "__main__":
    sys.stdout.write(filtered(open(sys.argv[1]).read()))
