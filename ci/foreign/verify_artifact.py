# SPDX-License-Identifier: Apache-2.0
"""Verifies the artifact of a proof bundle with PyJWT, from the trust file's JWKS.

    python3 verify_artifact.py [--at-issue] BUNDLE TRUST

Prints "ok NAME" or "FAILED NAME: reason" for each check. With --at-issue the one check of `exp` is left
out, for an example that has expired. Exit: 0 all hold, 1 some do not, 2 usage.
"""

import json
import sys

import jwt

ARTIFACT_TYPE = "authz-artifact+jwt"


def verify(artifact, trust, at_issue):
    header = jwt.get_unverified_header(artifact)
    if header.get("typ") != ARTIFACT_TYPE:
        raise ValueError(f"typ must be {ARTIFACT_TYPE}, was {header.get('typ')}")
    key = jwt.PyJWKSet.from_dict(trust["jwks"])[header["kid"]]
    jwt.decode(
        artifact,
        key,
        algorithms=["ES256"],
        issuer=trust["issuer"],
        options={
            "require": ["iss", "sub", "aud", "iat", "nbf", "exp", "jti"],
            # For whom it is meant is the Relying Party's question, and nobody relies on it here.
            "verify_aud": False,
            "verify_exp": not at_issue,
        },
    )


def refuses_altered(artifact, trust, at_issue):
    head, payload, signature = artifact.split(".")
    middle = len(payload) // 2
    letter = "B" if payload[middle] == "A" else "A"
    altered = ".".join([head, payload[:middle] + letter + payload[middle + 1 :], signature])
    try:
        verify(altered, trust, at_issue)
    except jwt.InvalidSignatureError:
        return
    raise ValueError("it was accepted, or refused for another reason than its signature")


def main(arguments):
    at_issue = arguments[:1] == ["--at-issue"]
    files = arguments[1:] if at_issue else arguments
    if len(files) != 2:
        print("usage: verify_artifact.py [--at-issue] BUNDLE TRUST", file=sys.stderr)
        return 2
    try:
        with open(files[0], encoding="utf-8") as bundle_file:
            artifact = json.load(bundle_file)["artifact"]
        with open(files[1], encoding="utf-8") as trust_file:
            trust = json.load(trust_file)
    except (OSError, KeyError, ValueError) as error:
        print(f"FAILED read the bundle and the trust file: {error}")
        return 1
    status = 0
    for name, check in (
        ("PyJWT verifies the artifact", verify),
        ("PyJWT refuses an altered artifact", refuses_altered),
    ):
        try:
            check(artifact, trust, at_issue)
            print("ok", name)
        except (jwt.PyJWTError, KeyError, ValueError) as error:
            print(f"FAILED {name}: {error}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
