"""A small keeper for tests of the panel daemon: listens on panel.sock, records events, answers as it is told to."""
import json
import os
import socket
import threading


class FakeKeeper:
    def __init__(self, root):
        self.path = os.path.join(root, "run/kannuki/panel.sock")
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        self.changed = threading.Condition()
        self.requests = []        # (method, params) in the order of arrival
        self.records = True       # whether panel.event is answered with a result; None: never answered
        self.connected = [1, 2, 3, 4]    # what its record says, told in the answer to hello; None: it says nothing
        self.answers = True       # False: reads, but answers nothing at all
        self.peer = None
        self.listener = None
        self.stop_asked = False
        self.thread = None

    def start(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.stop_asked = False
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        self.listener.listen(4)
        self.listener.settimeout(0.05)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        return self

    def stop(self):
        self.stop_asked = True
        if self.thread:
            self.thread.join()
        self.thread = None

    def run(self):
        while not self.stop_asked:
            try:
                peer, _ = self.listener.accept()
            except socket.timeout:
                continue
            peer.settimeout(0.05)
            with self.changed:
                self.peer = peer
                self.changed.notify_all()
            self.serve(peer)
            peer.close()
            with self.changed:
                self.peer = None
        self.listener.close()
        os.unlink(self.path)

    def serve(self, peer):
        while not self.stop_asked:
            try:
                message = peer.recv(65537)
            except socket.timeout:
                continue
            except OSError:
                return
            if not message:
                return
            request = json.loads(message)
            with self.changed:
                self.requests.append((request["method"], request.get("params", {})))
                self.changed.notify_all()
            answer = self.answer(request)
            if answer is None:
                continue
            try:
                peer.send(json.dumps(answer).encode())
            except OSError:
                return

    def answer(self, request):
        if not self.answers or (request["method"] == "panel.event" and self.records is None):
            return None
        if request["method"] == "panel.event" and not self.records:
            return {"id": request["id"], "error": {"code": "not_recorded", "args": {}}}
        if request["method"] == "panel.hello" and self.connected is not None:
            return {"id": request["id"], "result": {"connected": self.connected}}
        return {"id": request["id"], "result": {}}

    # What the tests ask.

    def push(self, name, **params):
        with self.changed:
            self.changed.wait_for(lambda: self.peer is not None, 60)
            self.peer.send(json.dumps({"push": name, "params": params}).encode())

    def events(self):
        with self.changed:
            return [params for method, params in self.requests if method == "panel.event"]

    def last(self, method):
        with self.changed:
            return next((params for name, params in reversed(self.requests) if name == method), None)

    def wait(self, what, condition, seconds=60):
        """Until condition() holds (looked at after each request); fails otherwise."""
        with self.changed:
            if not self.changed.wait_for(condition, seconds):
                raise AssertionError(f"{what}: not within {seconds} s; last requests: {self.requests[-5:]}")

    def wait_event(self, kind, seconds=60):
        self.wait(f"event {kind}", lambda: any(e["kind"] == kind for e in self.events()), seconds)
        return next(e for e in self.events() if e["kind"] == kind)

    def wait_state(self, what, condition, seconds=60):
        self.wait(what, lambda: (state := self.last("panel.state")) is not None and condition(state), seconds)

    def wait_done(self, command, seconds=60):
        found = lambda: next((p for m, p in self.requests if m == "panel.done" and p["command"] == command), None)
        self.wait(f"outcome of {command}", found, seconds)
        return found()
