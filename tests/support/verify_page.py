"""The auditor's page as a verifier that a test can ask.

    with VerifyPage() as judge:
        verdicts = judge.many([bundle, …], code="ABCD…")

Each bundle is a folder (path), a ZIP file (path), or a folder as {path in the bundle: bytes}; what comes back is, in the
same order, the object of `kannuki-verify --json` for each. Pins, all optional: code, paper (str); note, older, policy
(bytes). One browser judges all, some 10 ms a bundle of a few hundred entries; bundles are read as they are asked for,
so that a generator of thousands costs no memory.
"""
import base64
import json
import os
import pathlib
import struct
import tempfile

from chromium import Chromium

PACK_MAX = 64 << 20

# A pack is, for each bundle, its files: the length of an index in JSON, the index [[path, size], …], their bytes.
JUDGE = """
async (language, pins) => {
	const unpack = (text) => text && Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
	const known = { ...pins, note: unpack(pins.note), older: unpack(pins.older), policy: unpack(pins.policy) };
	const pack = new Uint8Array(await document.getElementById('pack').files[0].arrayBuffer()), verdicts = [];
	for (let at = 0; at < pack.length;) {
		const head = new DataView(pack.buffer).getUint32(at), parts = new Map();
		const index = JSON.parse(toText(pack.subarray(at + 4, at + 4 + head)));
		at += 4 + head;
		for (const [path, size] of index.files) {
			parts.set(path, memoryPart(pack.subarray(at, at + size)));
			at += size;
		}
		const source = index.zip ? new Blob([await parts.get('').read(0, Infinity)]) : new Bundle(parts);
		const { report } = await verifyBundle(source, known);
		verdicts.push(jsonOf(report, language));
	}
	return verdicts;
}
"""


def files_of(bundle):
    """What goes into the pack: (is it a ZIP file, {path: bytes})."""
    if isinstance(bundle, dict):
        return False, bundle
    bundle = pathlib.Path(bundle)
    if bundle.is_file():
        return True, {"": bundle.read_bytes()}
    return False, {str(path.relative_to(bundle)): path.read_bytes() for path in bundle.rglob("*") if path.is_file()}


def packed(bundle):
    is_zip, files = files_of(bundle)
    index = json.dumps({"zip": is_zip, "files": [[name, len(data)] for name, data in files.items()]}).encode()
    return b"".join([struct.pack(">I", len(index)), index, *files.values()])


class VerifyPage:
    def __init__(self, page=None):
        self.path = pathlib.Path(page or pathlib.Path(os.environ["KANNUKI_BUILD"]) / "share/kannuki-verify.html")
        self.browser = Chromium()
        try:
            self.page = self.browser.open(self.path.resolve().as_uri())
            self.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<input type=file id=pack hidden>')")
        except BaseException:
            self.browser.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.browser.close()

    def ask(self, pack, pins):
        with tempfile.NamedTemporaryFile(prefix="kannuki-pack-") as file:
            file.write(pack)
            file.flush()
            self.page.set_files("#pack", [file.name])
            return self.page.evaluate(f"({JUDGE})('en', {json.dumps(pins)})", seconds=600)

    def many(self, bundles, **pins):
        pins = {name: spelled(value) for name, value in pins.items() if value is not None}
        verdicts, pack = [], bytearray()
        for bundle in bundles:
            pack += packed(bundle)
            if len(pack) > PACK_MAX:
                verdicts += self.ask(pack, pins)
                pack = bytearray()
        return verdicts + (self.ask(pack, pins) if pack else [])

    def one(self, bundle, **pins):
        return self.many([bundle], **pins)[0]


def spelled(value):
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
