"""For what reason kannuki-verify calls a class bad, where one reason or few go with it: what its English sentence must hold.

Without this, a class would pass whose mutants are all wrong in some other way than its name says.
"""

SIGNED = "is not signed by its epoch and by the identity"
CERTIFICATE = "is not the certificate that follows|begins an epoch with another certificate"
HEAD = "is not signed by the epoch of the last entry and by the identity"
LINE = "the line for '(body|text|person|files)' of entry|has a line too many|a line is missing|belongs to no entry"
CUT_OFF = "its end was cut off"
QUORUM = "no checkpoint in the bundle is signed by as many witnesses"
FORM = "is not written rightly|is not written as the format wants"

REASONS = {
    "file missing": "is missing|begins an epoch where the checkpoints know of none|" + HEAD,
    "file too many": "belongs to no entry and no epoch of this log|^checkpoints/7: is missing",
    "entries moved": "its 'seq' is another number|the line 'kannuki-entry/v1'",
    "entries moved with their disclosures and hashes": "its 'seq' is another number",
    "right tree, wrong chain": "its 'prev' does not fit",
    "right chain, wrong tree": "is not what the entries give|is not the root of the entries",
    "end cut off": "is missing",
    "end cut off, head by others": HEAD,
    "end cut off at a closing checkpoint, printed since": CUT_OFF,
    "end cut off at a closing checkpoint, checked since": CUT_OFF,
    "end cut off at a closing checkpoint, witnessed since": QUORUM,
    "head signed wrongly": HEAD,
    "head and its copy differ": "does not begin with checkpoint.log",
    "disclosure edited": "does not fit its hash|" + LINE,
    "disclosure missing or too many": LINE,
    "number that 64 bits cannot hold": FORM,
    "redaction that is none": "no redaction names it",
    "disclosure called redacted": "no redaction names it|a body can never be redacted|does not fit its hash",
    "thief of the identity alone": f"{SIGNED}|{CERTIFICATE}|{HEAD}",
    "thief of an epoch alone": f"{SIGNED}|{CERTIFICATE}|{HEAD}",
    "thief, printed since": "not those of the code on paper",
    "thief, checked since": "not those of the checkpoint you kept",
    "thief, witnessed since": QUORUM,
    "thief, witness made up": QUORUM + "|the signature of the witness witness.example/A is wrong",
    "thief cuts off the end, checked since": CUT_OFF,
    "thief, the epoch before rewritten": f"{SIGNED}|{CERTIFICATE}",
    "another genesis": "genesis.note: is (not a genesis note signed by its own keys|of another log than the genesis given)",
    "certificate forged": f"{CERTIFICATE}|{SIGNED}|{HEAD}",
    "certificate forged, all after it made to fit": CERTIFICATE,
    "claim of what cannot be continued": FORM,
    "policy that the entries do not say": "policy: is not the policy of this log",
    "proof that proves nothing": "^proofs/",
    "witnessed checkpoint that is none": "^witnessed/",
    "quorum not reached": QUORUM + "|no line 'log' has this one's key",
    "cosignature that is not right": "the signature of the witness",
}
