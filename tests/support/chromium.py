"""Debian's Chromium, headless, driven over two pipes (--remote-debugging-pipe: file descriptors 3 and 4, JSON parted by
NUL). No other library.

    with Chromium() as browser:
        page = browser.open("file:///…/page.html")
        page.evaluate("document.title")                  a promise is awaited; the value comes back as JSON
        page.wait("the title", "document.title === 'x'") until it is true, with a deadline
        page.set_files("#bundle", [path, ...])           what a person would choose in an <input type=file>
        page.key("Tab")  page.type("text")               the keyboard
        page.drop("#place", [path])                      drag and drop
        page.screenshot(path, width=360, height=800)
        page.events("Network.requestWillBeSent")         what has happened since the page was opened

The browser has a profile of its own in a temporary folder, and both are gone after the with block, whatever happens.
"""
import base64
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

PATIENCE = 60
OPTIONS = ["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--no-first-run", "--disable-gpu",
           "--disable-dev-shm-usage", "--disable-breakpad", "--disable-extensions", "--disable-background-networking", "--disable-sync",
           "--disable-component-update", "--disable-default-apps", "--no-default-browser-check", "--mute-audio",
           "--hide-scrollbars", "--force-color-profile=srgb"]
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}


class BrowserError(Exception):
    pass


class Chromium:
    def __init__(self, *options):
        self.profile = tempfile.mkdtemp(prefix="kannuki-chromium-")
        self.last_id, self.pending, self.answers, self.heard = 0, b"", {}, []
        child_in, self.out = os.pipe()
        self.into, child_out = os.pipe()
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ["/usr/bin/chromium", *OPTIONS, f"--user-data-dir={self.profile}", *options, "about:blank"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, close_fds=False, start_new_session=True,
            env={**os.environ, "HOME": self.profile}, preexec_fn=lambda: place(child_in, child_out))
        os.close(child_in)
        os.close(child_out)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """The browser and all its children are one process group; none may outlive us."""
        os.close(self.out)
        os.close(self.into)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    # ---- the protocol ----

    def send(self, method, session=None, **params):
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        return self.last_id

    def receive(self, until):
        """Reads what has come; waits for at least something."""
        if not select.select([self.into], [], [], max(0, until - time.monotonic()))[0]:
            raise BrowserError("Chromium does not answer")
        data = os.read(self.into, 1 << 20)
        if not data:
            self.log.seek(0)
            raise BrowserError(f"Chromium has ended: {self.log.read().decode(errors='replace')[-2000:]}")
        *messages, self.pending = (self.pending + data).split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self.answers[message["id"]] = message
            else:
                self.heard.append(message)
                if message["method"] == "Target.attachedToTarget" and message.get("sessionId"):
                    self.send("Network.enable", message["params"]["sessionId"])    # a worker of a page

    def call(self, method, session=None, seconds=PATIENCE, **params):
        number, until = self.send(method, session, **params), time.monotonic() + seconds
        while number not in self.answers:
            self.receive(until)
        answer = self.answers.pop(number)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def open(self, url, before=""):
        """`before` is a script that runs before those of the page."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            page.call(f"{domain}.enable")
        page.call("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True)
        page.call("Page.addScriptToEvaluateOnNewDocument", source=before)
        page.call("Page.navigate", url=url)
        page.wait("the page", "document.readyState === 'complete' && location.href !== 'about:blank'")
        return page


def place(child_in, child_out):
    """Chromium reads commands from 3 and answers on 4. Both pipes may have one of these numbers already."""
    kept = fcntl.fcntl(child_in, fcntl.F_DUPFD, 5), fcntl.fcntl(child_out, fcntl.F_DUPFD, 5)
    os.dup2(kept[0], 3)
    os.dup2(kept[1], 4)


class Page:
    def __init__(self, browser, session):
        self.browser, self.session = browser, session

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def evaluate(self, expression, seconds=PATIENCE):
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True,
                           seconds=seconds)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def wait(self, what, condition, seconds=PATIENCE):
        until = time.monotonic() + seconds
        while not (value := self.evaluate(condition)):
            if time.monotonic() > until:
                raise BrowserError(f"{what}: not within {seconds} s")
            time.sleep(0.01)
        return value

    def set_files(self, selector, paths):
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(path) for path in paths])

    def key(self, name):
        text = {"Enter": "\r", " ": " "}.get(name)
        code = {"key": name, "code": "Space" if name == " " else name, "windowsVirtualKeyCode": KEYS[name]}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **code,
                  **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **code)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def drop(self, selector, paths):
        """Files or folders, dragged from a file manager."""
        at = self.evaluate(f"(({{x, y, width, height}}) => ({{x: x + width / 2, y: y + height / 2}}))"
                           f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())")
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, data=data, **at)

    def screenshot(self, path, width=1024, height=768, whole=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        data = self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
        self.call("Emulation.clearDeviceMetricsOverride")
        with open(path, "wb") as out:
            out.write(base64.b64decode(data))

    def events(self, method):
        """What happened since the browser was started, in this page and its workers."""
        self.evaluate("0")
        return [event["params"] for event in self.browser.heard if event["method"] == method]
