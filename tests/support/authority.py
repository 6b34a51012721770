"""A time stamp authority after RFC 3161, made with openssl."""
import pathlib
import subprocess

SETTINGS = """
[tsa]
default_tsa = here
[here]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Authority:
    """Its files lie in `folder`; ca.pem is what an auditor gets from it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        (self.folder / "tsa.conf").write_text(SETTINGS)
        (self.folder / "serial").write_text("01\n")
        self.make_root("ca")
        self.certify("tsa", "critical,timeStamping")

    def openssl(self, *words):
        return subprocess.run(["openssl", *map(str, words)], cwd=self.folder, capture_output=True, timeout=60, check=True)

    def make_root(self, name):
        self.openssl("req", "-x509", *NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN=Test {name}", "-days", "30")

    def certify(self, name, use):
        self.openssl("req", "-new", *NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN=Test {name}")
        (self.folder / "use").write_text(f"extendedKeyUsage = {use}\n")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
                     "-extfile", "use", "-out", f"{name}.pem")

    def stamp(self, data, out, signer="tsa"):
        self.openssl("ts", "-query", "-data", data, "-sha256", "-cert", "-out", "query.tsq")
        self.answer("query.tsq", out, signer)

    def answer(self, query, out, signer="tsa", settings="tsa.conf"):
        self.openssl("ts", "-reply", "-config", settings, "-queryfile", query, "-signer", f"{signer}.pem", "-inkey", f"{signer}.key",
                     "-out", out)

    def refuse(self, query, out):
        """A reply that says no: it does not take SHA-256."""
        (self.folder / "other.conf").write_text(SETTINGS.replace("digests = sha256", "digests = sha512"))
        self.answer(query, out, settings="other.conf")
