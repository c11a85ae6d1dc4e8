# SPDX-License-Identifier: Apache-2.0
"""Verifies the artifact and the status token of a proof bundle with PyJWT, from the trust file's JWKS,
and an attestation result (an EAR as a JWT) where one is given.

    python3 verify_artifact.py [--at-issue] BUNDLE TRUST [RESULT]

Prints "ok NAME" or "FAILED NAME: reason" for each check. With --at-issue the checks of `exp` are left
out, for an example that has expired. A trust file that names `status` demands a status token. Exit: 0 all hold, 1 some do not, 2 usage.
"""

import base64
import hashlib
import json
import sys
import zlib

import jwt

ARTIFACT_TYPE = "authz-artifact+jwt"
STATUS_TYPE = "statuslist+jwt"
RESULT_TYPE = "eat+jwt"
EAR_PROFILE = "tag:ietf.org,2026:rats/ear#03"


def key_of(token, typ, role, trust):
    """The key that the token names, if the trust file believes it in this role."""
    header = jwt.get_unverified_header(token)
    if header.get("typ") != typ:
        raise ValueError(f"typ must be {typ}, was {header.get('typ')}")
    of_role = {"keys": [key for key in trust["jwks"]["keys"] if key["role"] == role]}
    return jwt.PyJWKSet.from_dict(of_role)[header["kid"]]


def verify(bundle, trust, at_issue):
    artifact = bundle["artifact"]
    return jwt.decode(
        artifact,
        key_of(artifact, ARTIFACT_TYPE, "issuer", trust),
        algorithms=["ES256"],
        issuer=trust["issuer"],
        options={
            "require": ["iss", "sub", "aud", "iat", "nbf", "exp", "jti"],
            # For whom it is meant is the Relying Party's question, and nobody relies on it here.
            "verify_aud": False,
            "verify_exp": not at_issue,
        },
    )


def verify_status(bundle, trust, at_issue):
    """As draft-ietf-oauth-status-list section 8.3 says: token, list, then the artifact's bit."""
    reference = verify(bundle, trust, at_issue)["status"]["status_list"]
    token = bundle["statusListToken"]
    claims = jwt.decode(
        token,
        key_of(token, STATUS_TYPE, "status", trust),
        algorithms=["ES256"],
        subject=reference["uri"],
        options={"require": ["sub", "iat", "exp"], "verify_exp": not at_issue},
    )
    if claims["status_list"]["bits"] != 1:
        raise ValueError("a status must have one bit")
    lst = claims["status_list"]["lst"]
    statuses = zlib.decompress(base64.urlsafe_b64decode(lst + "=" * (-len(lst) % 4)))
    if statuses[reference["idx"] // 8] >> reference["idx"] % 8 & 1:
        raise ValueError("the artifact is withdrawn")


def verify_result(bundle, trust, at_issue):
    """An EAR as draft-ietf-rats-ear-03 has it, of this artifact, which says the same without its rules."""
    token = bundle["result"]
    claims = jwt.decode(
        token,
        key_of(token, RESULT_TYPE, "issuer", trust),
        algorithms=["ES256"],
        issuer=trust["issuer"],
        options={"require": ["iss", "iat", "exp"], "verify_exp": not at_issue},
    )
    if claims["eat_profile"] != EAR_PROFILE:
        raise ValueError(f"eat_profile must be {EAR_PROFILE}, was {claims['eat_profile']}")
    artifact = verify(bundle, trust, at_issue)
    signed = bundle["artifact"].rpartition(".")[0]
    subject = {
        "ak_name": artifact["env"]["ak_name"],
        "artifact_digest": hashlib.sha256(signed.encode("ascii")).hexdigest(),
        "jkt": artifact["cnf"]["jkt"],
    }
    for name, submod in claims["submods"].items():
        if submod.pop("ear_writ_subject") != subject:
            raise ValueError(f"submods.{name}: ear_writ_subject must be {subject}")
        for rule in submod.pop("ear_writ_appraisal")["rules"]:
            if not (rule["reason"] and rule["expected"] and rule["actual"]):
                raise ValueError(f"submods.{name}: a rule must say what had to hold and what was")
    del claims["iss"], claims["exp"]
    if claims != artifact["ear"]:
        raise ValueError("the artifact's ear must be the same")


def refuses_artifact_as_result(bundle, trust, at_issue):
    try:
        verify_result({**bundle, "result": bundle["artifact"]}, trust, at_issue)
    except ValueError as error:
        if str(error).startswith("typ must be"):
            return
    raise ValueError("it was accepted, or refused for another reason than its type")


def refuses_altered(name, check):
    def run(bundle, trust, at_issue):
        head, payload, signature = bundle[name].split(".")
        middle = len(payload) // 2
        letter = "B" if payload[middle] == "A" else "A"
        altered = ".".join([head, payload[:middle] + letter + payload[middle + 1 :], signature])
        try:
            check({**bundle, name: altered}, trust, at_issue)
        except jwt.InvalidSignatureError:
            return
        raise ValueError("it was accepted, or refused for another reason than its signature")

    return run


def main(arguments):
    at_issue = arguments[:1] == ["--at-issue"]
    files = arguments[1:] if at_issue else arguments
    if len(files) not in (2, 3):
        print("usage: verify_artifact.py [--at-issue] BUNDLE TRUST [RESULT]", file=sys.stderr)
        return 2
    try:
        with open(files[0], encoding="utf-8") as bundle_file:
            bundle = json.load(bundle_file)
        with open(files[1], encoding="utf-8") as trust_file:
            trust = json.load(trust_file)
        if len(files) == 3:
            with open(files[2], encoding="ascii") as result_file:
                bundle["result"] = result_file.read().strip()
    except (OSError, KeyError, ValueError) as error:
        print(f"FAILED read the bundle and the trust file: {error}")
        return 1
    checks = [
        ("PyJWT verifies the artifact", verify),
        ("PyJWT refuses an altered artifact", refuses_altered("artifact", verify)),
    ]
    if "status" in trust:
        checks += [
            ("PyJWT verifies the status token", verify_status),
            (
                "PyJWT refuses an altered status token",
                refuses_altered("statusListToken", verify_status),
            ),
        ]
    if "result" in bundle:
        checks += [
            ("PyJWT verifies the attestation result", verify_result),
            (
                "PyJWT refuses an altered attestation result",
                refuses_altered("result", verify_result),
            ),
            ("PyJWT takes no artifact for an attestation result", refuses_artifact_as_result),
        ]
    status = 0
    for name, check in checks:
        try:
            check(bundle, trust, at_issue)
            print("ok", name)
        except (jwt.PyJWTError, LookupError, ValueError, zlib.error) as error:
            print(f"FAILED {name}: {error}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
