# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Azure DPS on 127.0.0.1: its limit of ten, its ids, errors per item, throttling.

dps.py STATE-FILE PORT-FILE: one item in twenty fails at its first attempt, every seventh call is
throttled, of every eleventh the answer is lost. The state is written after each call."""
import base64, http.server, json, re, sys

ID = re.compile(r"[A-Za-z0-9\-._:]{0,127}[A-Za-z0-9\-]")


class Service(http.server.BaseHTTPRequestHandler):
    calls, taken, seen, injected, lost, reads = 0, {}, set(), 0, 0, 0

    def log_message(self, *args):
        pass

    def reply(self, status, doc, retry=None):
        body = json.dumps(doc).encode()
        self.send_response(status)
        if retry is not None:
            self.send_header("Retry-After", retry)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def item(self, mode, one):
        name = one["registrationId"].lower()
        ek = base64.b64decode(one["attestation"]["tpm"]["endorsementKey"], validate=True)
        if not ID.fullmatch(name) or int.from_bytes(ek[:2], "big") != len(ek) - 2:
            return 400, "malformed"
        if name not in Service.seen:
            Service.seen.add(name)
            if len(Service.seen) % 20 == 0:
                Service.injected += 1
                return 500, "injected"
        if mode == "create" and name in Service.taken:
            return 409, "exists"
        if mode == "delete" and name not in Service.taken:
            return 404, "not found"
        if mode == "update" and name not in Service.taken:
            return 404, "not found"
        if mode == "delete":
            del Service.taken[name]
        else:
            Service.taken[name] = one
        return None

    def do_GET(self):
        Service.reads += 1
        name = re.fullmatch(r"/enrollments/([^/?]+)\?api-version=2021-10-01", self.path)
        one = Service.taken.get(name[1].lower()) if name else None
        return self.reply(200, one) if one else self.reply(404, {})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/enrollments?api-version=2021-10-01":
            return self.reply(404, {})
        if self.headers["Authorization"] != "SharedAccessSignature test":
            return self.reply(401, {"message": "unauthorised"})
        Service.calls += 1
        if Service.calls % 7 == 0:
            return self.reply(429, {"message": "throttled"}, "0")
        doc = json.loads(body)
        if len(doc["enrollments"]) > 10 or doc["mode"] not in ("create", "update", "delete"):
            return self.reply(400, {"message": "at most 10"})
        errors = []
        for one in doc["enrollments"]:
            bad = self.item(doc["mode"], one)
            if bad:
                errors.append({"registrationId": one["registrationId"], "errorCode": bad[0], "errorStatus": bad[1]})
        lose = Service.calls % 11 == 0
        Service.lost += lose
        state = {name: getattr(Service, name) for name in ("taken", "injected", "calls", "lost", "reads")}
        json.dump(state, open(sys.argv[1], "w"))
        if lose:
            self.close_connection = True
            return None
        return self.reply(200, {"isSuccessful": not errors, "errors": errors})


server = http.server.HTTPServer(("127.0.0.1", 0), Service)
open(sys.argv[2], "w").write(str(server.server_port))
server.serve_forever()
