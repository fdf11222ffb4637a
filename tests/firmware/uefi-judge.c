/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hand of the UEFI judges: an EFI program that does what the lines of the file "script" say, in
 * the firmware's boot services, and prints for line N "judge N ANSWER". Files stand on its volume.
 *
 *   set NAME GUID ATTRIBUTES FILE
 *       SetVariable with the file's bytes ("-": with none): the status
 *   same NAME GUID FILE
 *       whether the variable has the file's bytes ("-": whether it is not there)
 *   byte NAME GUID
 *       the variable's first byte
 *   start FILE
 *       LoadImage, StartImage: "started" where the program gave back STARTED, or the status
 *
 * It shuts the machine down at the end.
 */
#include <efi.h>
#include <efilib.h>

enum { WORDS = 5, LINES_MAX = 1 << 20, STARTED = 0x5354 };

static EFI_HANDLE volume, self;

/* The whole of a file, from the pool, with a NUL behind it. */
static EFI_STATUS read_file(const CHAR16 *name, UINT8 **ret, UINTN *ret_len)
{
    EFI_FILE_HANDLE root = LibOpenRoot(volume), file;
    EFI_STATUS status;
    EFI_FILE_INFO *info;

    if (root == NULL)
        return EFI_NO_MEDIA;
    status = root->Open(root, &file, (CHAR16 *)name, EFI_FILE_MODE_READ, 0);
    if (!EFI_ERROR(status)) {
        info = LibFileInfo(file);
        *ret_len = info->FileSize;
        *ret = AllocateZeroPool(*ret_len + 1);
        status = file->Read(file, ret_len, *ret);
        FreePool(info);
        file->Close(file);
    }
    root->Close(root);
    return status;
}

/* GUID in its usual text. */
static BOOLEAN read_guid(const CHAR16 *text, EFI_GUID *ret)
{
    UINT8 value[16] = { 0 };
    UINTN digits = 0;

    for (; *text != 0 && digits < 32; text++) {
        CHAR16 c = *text;

        if (c == '-')
            continue;
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return FALSE;
        value[digits / 2] = (UINT8)(value[digits / 2] << 4 | (c <= '9' ? c - '0' : c - 'a' + 10));
        digits++;
    }
    ret->Data1 = (UINT32)value[0] << 24 | value[1] << 16 | value[2] << 8 | value[3];
    ret->Data2 = (UINT16)(value[4] << 8 | value[5]);
    ret->Data3 = (UINT16)(value[6] << 8 | value[7]);
    CopyMem(ret->Data4, value + 8, 8);
    return digits == 32 && *text == 0;
}

static void set_variable(UINTN line, CHAR16 **word)
{
    EFI_STATUS status = EFI_SUCCESS;
    UINT8 *bytes = NULL;
    UINTN len = 0;
    EFI_GUID guid;

    if (!read_guid(word[2], &guid)) {
        Print(L"judge %d no GUID\n", line);
        return;
    }
    if (word[4][0] != '-')
        status = read_file(word[4], &bytes, &len);
    if (EFI_ERROR(status)) {
        Print(L"judge %d no file\n", line);
        return;
    }
    status = RT->SetVariable(word[1], &guid, (UINT32)xtoi(word[3]), len, bytes);
    Print(L"judge %d %r\n", line, status);
    FreePool(bytes);
}

static void compare_variable(UINTN line, CHAR16 **word)
{
    UINT8 *bytes = NULL, *value = NULL;
    UINTN len = 0, value_len = 0;
    const CHAR16 *is = L"differs";
    EFI_STATUS status = EFI_SUCCESS;
    EFI_GUID guid;

    if (!read_guid(word[2], &guid)) {
        Print(L"judge %d no GUID\n", line);
        return;
    }
    value = LibGetVariableAndSize(word[1], &guid, &value_len);
    if (word[3][0] != '-')
        status = read_file(word[3], &bytes, &len);
    if (EFI_ERROR(status))
        is = L"no file";
    else if (word[3][0] == '-')
        is = value == NULL ? L"same" : L"differs";
    else if (value != NULL && value_len == len && CompareMem(value, bytes, len) == 0)
        is = L"same";
    Print(L"judge %d %s\n", line, is);
    FreePool(bytes);
    FreePool(value);
}

static void print_byte(UINTN line, CHAR16 **word)
{
    UINTN len = 0;
    UINT8 *value = NULL;
    EFI_GUID guid;

    if (read_guid(word[2], &guid))
        value = LibGetVariableAndSize(word[1], &guid, &len);
    if (value == NULL || len == 0)
        Print(L"judge %d no variable\n", line);
    else
        Print(L"judge %d %d\n", line, value[0]);
    FreePool(value);
}

static void start(UINTN line, CHAR16 **word)
{
    EFI_DEVICE_PATH *path = FileDevicePath(volume, word[1]);
    EFI_STATUS status;
    EFI_HANDLE image = NULL;

    status = BS->LoadImage(FALSE, self, path, NULL, 0, &image);
    if (EFI_ERROR(status)) {
        Print(L"judge %d %r\n", line, status);
        return;
    }
    status = BS->StartImage(image, NULL, NULL);
    if (status == STARTED)
        Print(L"judge %d started\n", line);
    else
        Print(L"judge %d gave back %r\n", line, status);
}

static void obey(UINTN line, CHAR16 **word)
{
    static const struct {
        const CHAR16 *name;
        void (*act)(UINTN line, CHAR16 **word);
    } commands[] = { { L"set", set_variable },
                     { L"same", compare_variable },
                     { L"byte", print_byte },
                     { L"start", start } };

    for (UINTN i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (StrCmp(word[0], commands[i].name) == 0) {
            commands[i].act(line, word);
            return;
        }
    }
    Print(L"judge %d no command %s\n", line, word[0]);
}

/* Words of one line, each ended where its blank stood; those that are not there are empty. */
static void split(CHAR16 *line, CHAR16 **word)
{
    for (UINTN i = 0; i < WORDS; i++) {
        while (*line == ' ')
            line++;
        word[i] = line;
        while (*line != ' ' && *line != 0)
            line++;
        if (*line != 0)
            *line++ = 0;
    }
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    EFI_LOADED_IMAGE *loaded;
    UINT8 *script = NULL;
    UINTN len, line = 1;
    CHAR16 *text, *at, *word[WORDS];

    InitializeLib(image, table);
    self = image;
    BS->HandleProtocol(image, &LoadedImageProtocol, (void **)&loaded);
    volume = loaded->DeviceHandle;
    if (EFI_ERROR(read_file(L"script", &script, &len)))
        Print(L"judge 0 no script\n");
    text = AllocateZeroPool((len + 1) * sizeof *text);
    for (UINTN i = 0; script != NULL && i < len; i++)
        text[i] = script[i];
    for (at = text; *at != 0; line++) {
        CHAR16 *end = at;

        while (*end != '\n' && *end != 0)
            end++;
        if (*end != 0)
            *end++ = 0;
        split(at, word);
        obey(line, word);
        at = end;
    }
    Print(L"judge ends\n");
    RT->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, NULL);
    return EFI_SUCCESS;
}
