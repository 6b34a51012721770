"""A small keeper for tests of the front ends: speaks the messages of app/ipc/methods.h, one case, one report.

It knows what app/procedure/view.h promises and records every act it was asked for in `acts`.
"""
import hashlib
import json
import os
import select
import socket
import threading

WALL = "2026-11-20T00:12:33.123Z"
ROLES = {"山田": [{"id": "head", "label": "情報セキュリティ責任者"}],
         "総務": [{"id": "general", "label": "統括情報セキュリティ責任者"}],
         "auditor": [{"id": "auditor", "label": "監査人"}]}
PASSWORDS = {"山田": "うみ to yama 7", "総務": "gate-bar-2", "auditor": "look-only-3"}


def both(lang, ja, en):
    return en if lang == "en" else ja


class FakeKeeper:
    def __init__(self, root):
        self.path = os.path.join(root, "run/kannuki/console.sock")
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        self.acts, self.requests, self.by_idem, self.sessions = [], [], {}, {}
        self.incidents, self.cells, self.report = [], {}, None
        self.uplink_state = {"internet": "connected", "lgwan": "connected"}
        self.refuse_next = None     # {"code", "args"} for the next act
        self.swallow_answers = 0    # acts that are recorded while the connection dies
        self.seq = 100
        self.lock = threading.RLock()
        self.server, self.peers, self.thread = None, [], None

    # ---- the socket ----

    def start(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.server.bind(self.path)
        self.server.listen(4)
        self.stopping_r, self.stopping_w = os.pipe()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def stop(self):
        if self.thread is None:
            return
        os.write(self.stopping_w, b"x")
        self.thread.join()
        for s in [self.server, *self.peers]:
            s.close()
        os.close(self.stopping_r)
        os.close(self.stopping_w)
        os.unlink(self.path)
        self.peers, self.thread = [], None

    def serve(self):
        while True:
            ready, _, _ = select.select([self.stopping_r, self.server, *self.peers], [], [])
            if self.stopping_r in ready:
                return
            for s in ready:
                if s is self.server:
                    self.peers.append(s.accept()[0])
                else:
                    self.serve_one(s)

    def drop(self, peer):
        self.peers.remove(peer)
        peer.close()

    def serve_one(self, peer):
        try:
            data = peer.recv(65537)
        except ConnectionError:
            data = b""
        if not data:
            self.drop(peer)
            return
        request = json.loads(data)
        with self.lock:
            self.requests.append(request)
            answer = self.answer(request["method"], request.get("params") or {})
            if request["method"] == "act" and self.swallow_answers:
                self.swallow_answers -= 1
                self.drop(peer)
                return
        try:
            peer.send(json.dumps({"id": request["id"], **answer}).encode())
        except ConnectionError:
            self.drop(peer)

    def push_changed(self):
        for peer in self.peers:
            peer.send(b'{"push":"changed","params":{}}')

    # ---- the methods ----

    def answer(self, method, params):
        if method not in ("hello", "login") and params.get("session") not in self.sessions:
            return {"error": {"code": "login_required", "args": {}}}
        result = getattr(self, "do_" + method.replace(".", "_"))(params)
        return result if set(result) & {"error"} else {"result": result}

    def do_hello(self, params):
        return {"organisation": both(params.get("lang"), "見本町", "Sample Town"), "version": "0", "recording": True,
                "panel": True}

    def do_login(self, params):
        if PASSWORDS.get(params["name"]) != params["password"]:
            return {"error": {"code": "login_refused", "args": {}}}
        session = hashlib.sha256(os.urandom(8)).hexdigest()[:32]
        self.sessions[session] = params["name"]
        return {"session": session}

    def do_logout(self, params):
        del self.sessions[params["session"]]
        return {}

    def do_subscribe(self, params):
        return {}

    def do_password(self, params):
        name = self.sessions[params["session"]]
        if PASSWORDS[name] != params["old"]:
            return {"error": {"code": "proof_required", "args": {}}}
        return self.receipt("-")

    def do_ledger_check(self, params):
        return {"verdict": "good", "entries": self.seq, "code": "7F3A-91C2", "why": ""}

    def do_ledger_export(self, params):
        return {**self.receipt("-"), "path": "/spool/" + params["name"]}

    def receipt(self, about):
        self.seq += 1
        return {"seq": self.seq, "wall": WALL, "code": "7F3A-91C2", "about": about}

    def do_act(self, params):
        if params["idem"] in self.by_idem:
            return self.by_idem[params["idem"]]
        if self.refuse_next:
            error, self.refuse_next = self.refuse_next, None
            return {"error": error}
        if params["act"] in ("report.approved", "restore.requested", "restore.permitted") and \
                params.get("proof") != PASSWORDS[self.sessions[params["session"]]]:
            return {"error": {"code": "proof_refused", "args": {}}}
        if params["act"] != "incident.declared" and params.get("about") not in [i["about"] for i in self.incidents]:
            return {"error": {"code": "not_found", "args": {}}}
        self.acts.append(params)
        about = params.get("about")
        body = params.get("body") or {}
        if params["act"] == "incident.declared":
            about = f"2026-{len(self.incidents) + 1:03}"
            self.incidents.append({"about": about, "title": params["text"]})
        if params["act"] == "report.drafted":
            self.report = self.report or "draft"
            for field, value in {**body.get("cells", {}), **(params.get("text") or {})}.items():
                self.cells[field] = value or None
        if params["act"] in ("report.submitted", "report.approved", "report.sent"):
            self.report = params["act"].split(".")[1]
        if params["act"] == "uplink.isolate":
            for uplink in body["uplinks"]:
                self.uplink_state[uplink] = "cut"
        self.by_idem[params["idem"]] = receipt = self.receipt(about)
        return receipt

    # ---- the views ----

    def do_view(self, params):
        lang = params.get("lang", "ja")
        what = params["what"]
        if what not in ("now", "incidents", "people") and \
                params.get("about") not in [i["about"] for i in self.incidents]:
            return {"error": {"code": "not_found", "args": {"say": both(lang, "該当する案件はありません。",
                                                                     "There is no such case.")}}}
        return getattr(self, "view_" + what)(params, lang)

    def head(self, incident, lang):
        reports = [] if not self.report else [{"report": 1, "label": both(lang, "第1報", "Report 1"),
                                               "state": self.report, "state_label": self.report}]
        return {**incident, "state": "open", "state_label": both(lang, "対応中", "In hand"), "phase": "first",
                "phase_label": both(lang, "初期対応", "First response"), "priority": "high",
                "priority_label": both(lang, "高", "High"), "declared": WALL, "declared_by": "山田", "done": 7,
                "left": 11, "notes": 14, "reports": reports}

    def view_now(self, params, lang):
        name = self.sessions[params["session"]]
        labels = {"internet": both(lang, "インターネット系", "Internet"), "lgwan": both(lang, "LGWAN系", "LGWAN")}
        steps = [] if not self.incidents else [
            {"about": self.incidents[0]["about"], "act": "report.drafted", "report": 1,
             "label": both(lang, "第一報を書く", "Write the first report"),
             "why": both(lang, "発覚から42分", "found 42 min ago"), "mine": True,
             "role_label": ROLES[name][0]["label"], "due": "2026-11-20T01:12:33.123Z", "basis": "house",
             "basis_label": both(lang, "当庁の目安", "our own aim")}]
        return {"organisation": both(lang, "見本町", "Sample Town"), "pack": "otari", "word": "事案", "time": WALL,
                "user": {"id": "u1", "name": name, "roles": ROLES[name]}, "next": steps,
                "incidents": [self.head(i, lang) for i in reversed(self.incidents)],
                "uplinks": [{"id": u, "label": labels[u], "stops": both(lang, "コンビニ交付が止まります。", "Certificates at shops stop."),
                             "state": s, "state_label": both(lang, {"cut": "遮断済（接点で確認）", "connected": "接続中"}[s],
                                                             {"cut": "Cut (proven by contact)",
                                                              "connected": "Connected"}[s]),
                             "proof": "contact", "edge_to_contact_us": 11000 if s == "cut" else None, "since": None}
                            for u, s in self.uplink_state.items()]}

    def view_incidents(self, params, lang):
        return {"incidents": [self.head(i, lang) for i in reversed(self.incidents)]}

    def view_people(self, params, lang):
        return {"users": [{"id": f"u{n}", "name": name, "roles": ROLES[name]} for n, name in enumerate(ROLES, 1)]}

    def options(self, lang, *three):
        return [{"id": i, "label": both(lang, ja, en)} for i, ja, en in three]

    def view_incident(self, params, lang):
        acts = ["incident.triaged", "incident.classified", "incident.checked", "incident.noted", "incident.ended"]
        return {**self.head(next(i for i in self.incidents if i["about"] == params["about"]), lang),
                "types": [], "types_possible": self.options(lang, ("loss", "紛失・盗難", "Loss or theft"),
                                                            ("malware", "不正プログラム", "Malware")),
                "phases": [{"id": "first", "label": both(lang, "初期対応", "First response"), "done": 7, "left": 11}],
                "priorities": self.options(lang, ("high", "高", "High"), ("low", "低", "Low")),
                "verdicts": self.options(lang, ("incident", "インシデントと判断", "An incident"),
                                         ("none", "該当せず", "Not an incident")),
                "endings": self.options(lang, ("false_alarm", "誤報", "False alarm")),
                "acts": [{"act": a, "label": a, "allowed": True, "why_not": None} for a in acts],
                "restore": {"request": 140, "by": "総務", "uplinks": ["lgwan"]}}

    def view_checklist(self, params, lang):
        rows = [{"id": f"O{n}", "phase": "first", "phase_label": both(lang, "初期対応", "First response"),
                 "text": both(lang, f"{n}番目の確認項目。ネットワークから切り離し、電源は切らずに置く。", f"Check number {n}"),
                 "role_label": "CSIRT", "origin": "p.1", "state": "open", "state_label": both(lang, "残", "To do"),
                 "by": "", "at": None, "note": ""} for n in range(1, 31)]
        return {"about": params["about"], "rows": rows,
                "states": [{"id": "done", "label": both(lang, "済", "Done"), "needs_text": False},
                           {"id": "na", "label": both(lang, "該当なし（理由）", "Not applicable"), "needs_text": True}]}

    def view_facts(self, params, lang):
        return {"about": params["about"],
                "questions": [{"id": "when", "kind": "fact", "text": both(lang, "いつ起きましたか", "When did it happen?"),
                               "state": "open", "state_label": both(lang, "未記入", "Blank"), "answer": "", "by": "",
                               "at": None}],
                "states": [{"id": "answered", "label": both(lang, "回答", "Answered"), "needs_text": True},
                           {"id": "unknown", "label": both(lang, "不明", "Not known"), "needs_text": False}]}

    def view_timeline(self, params, lang):
        first = params.get("cursor", 0)
        lines = [{"seq": n, "at": WALL, "recorded": WALL, "who": "山田", "act": "incident.noted",
                  "label": both(lang, "記録", "Noted"), "text": f"{n}"} for n in range(first + 1, first + 4)]
        return {"about": params["about"], "lines": lines, "cursor": 3 if first == 0 else None}

    def view_report(self, params, lang):
        cells = [
            {"id": "number", "label": both(lang, "第　報", "Report no."), "section": "", "kind": "fixed", "value": 1},
            {"id": "section", "label": both(lang, "課室名", "Section"), "section": both(lang, "情報連絡元", "Informant"),
             "kind": "text", "value": "総務課", "from": "prefill"},
            {"id": "event", "label": both(lang, "発生した事象の分類", "Class of the event"), "section": "①", "kind": "choice",
             "options": self.options(lang, ("near_miss", "予兆・ヒヤリハット", "Near miss"), ("leak", "情報の漏えい", "Leak"))},
            {"id": "causes", "label": both(lang, "原因の分類", "Causes"), "section": "②", "kind": "choices",
             "options": self.options(lang, ("mail", "不審メール等の受信", "Suspicious mail"), ("slip", "操作ミス", "Slip"),
                                     ("unknown", "不明", "Unknown"))},
            {"id": "occurred", "label": both(lang, "③IT障害の発生日時", "Time of the failure"), "section": "③",
             "kind": "time"},
            {"id": "summary", "label": both(lang, "発生事象の概要", "Outline"), "section": "④", "kind": "lines"},
            {"id": "progress", "label": both(lang, "事象・対応状況等", "Course"), "section": "⑥", "kind": "table",
             "value": [[WALL, both(lang, "赤ボタンが押された", "Red button pressed")]]}]
        for cell in cells:
            cell["value"] = self.cells.get(cell["id"], cell.get("value"))
            cell["state"] = "unknown" if cell["value"] is None else "known"
            cell.setdefault("from", "typed")
        return {"about": params["about"], "report": 1, "form": "youshiki13", "label": both(lang, "第1報", "Report 1"),
                "state": self.report, "state_label": self.report or "", "stages": [], "cells": cells,
                "chain": [{"step": 1, "role": "head", "role_label": "情報セキュリティ責任者", "state": "due", "by": None,
                           "at": None}],
                "returned_because": None, "recipients": self.options(lang, ("csirt", "CSIRT", "CSIRT"),
                                                                     ("soumu", "総務省", "Ministry")),
                "manners": self.options(lang, ("screen", "画面承認", "On screen"), ("paper", "紙の押印", "On paper")),
                "ways": self.options(lang, ("mail", "電子メール", "E-mail"), ("fax", "FAX", "Fax")),
                "acts": [{"act": a, "label": a, "allowed": True} for a in ("report.drafted", "report.submitted",
                                                                       "report.approved")],
                "frozen": False, "digest": "ab" * 32}

    def view_report_text(self, params, lang):
        return {"about": params["about"], "report": 1,
                "lines": ["□予兆・ヒヤリハット　■情報の漏えい"] + [f"{n:2} " + "─" * 77 for n in range(1, 40)]}
