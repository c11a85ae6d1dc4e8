// SPDX-License-Identifier: Apache-2.0
/**
 * The authorization artifact and all that a verifier needs to judge it offline: request, claims, leaf,
 * trust file, proof bundle, and the checks in their order.
 *
 * <p>This page specifies those formats, version 1. Notes, checkpoints, log policies and the proof text
 * inside a bundle are specified by {@link dev.writ.tlog}.
 *
 * <h2>Who is trusted</h2>
 *
 * <p>A verifier believes its trust file and its own clock. Bundles are believed nothing and hold no
 * key: every statement in one is either signed by a key of the trust file, or hashed into something
 * that is. An issuer's key alone does not make an artifact valid, nor does the log's: it takes the
 * signature of the one over the claims and of the other over a tree that holds a leaf of kind {@code
 * decision.allow} about those claims. What a Relying Party does not demand is not judged, and the
 * verdict says so.
 *
 * <h2>Values</h2>
 *
 * <p>Every document is one JSON object as {@link dev.writ.artifact.StrictJson} reads it: UTF-8 without
 * byte order mark, no member twice, no lone surrogate, integers of magnitude up to 2^53 - 1 without
 * fraction, exponent or {@code -0}, nothing after the object. <b>A member that the format does not list
 * is refused</b>, for the writer of an unknown member meant something by it, and it may have been a
 * restriction; the EAR alone has its claims of other profiles ignored, as its own rules demand. Every
 * value has one spelling:
 *
 * <pre>
 * digest      SHA-256, 64 hexadecimal digits in lower case
 * thumbprint  RFC 7638 SHA-256 thumbprint of a P-256 key, base64url of 32 bytes
 * b64u        base64url without padding, unused bits zero (RFC 4648 sections 5, 3.5)
 * uuid        UUID version 7, 36 characters in lower case
 * seconds     integer, NumericDate without fraction, 0 to 253402300799
 * visible(n)  1 to n characters of 0x21 to 0x7e
 * name(n)     1 to n characters of a-z 0-9 . _ -, the first a letter or digit
 * text(n)     1 to n UTF-16 units; none of U+0000-001F, 007F-009F, 2028-202E, 2066-2069
 * spiffe      spiffe://trust-domain/path, at most 512 characters (SPIFFE-ID sections 2.1 to 2.4)
 * ak-name     b64u of a TPM Name: 000b, 000c or 000d and that algorithm's digest of the public area
 * uri         absolute http or https URI without fragment, at most 512 characters
 * n..m        integer from n to m; 2^53-1 is the largest integer here, and none is a string
 * ?           the member may be absent; absent and empty are never the same thing
 * [n..m x]    array of n to m values x, none of them twice
 * </pre>
 *
 * <p>{@code H(label, parts...)} is SHA-256(label ‖ 0x00 ‖ parts) with parts of 32 bytes
 * ({@link dev.writ.artifact.LabelledHash}). JCS is RFC 8785.
 *
 * <h2>Request</h2>
 *
 * <pre>
 * v          1
 * iss        visible(256)     issuer that is asked
 * aud        [1..16 visible(256)]
 * tenant     name(64)
 * sub        spiffe           workload
 * act        action       name(64)
 *            resource     text(1024)
 *            args_digest  digest
 *            limits       object of at most 16: name(64) to 0..2^53-1
 *            max_uses     ? 1..2^31-1; absent: uses are not counted
 *            delegable    ? actions [1..16 name(64)], resources [1..16 resource], aud [1..16
 *                         visible(256)], max_uses ? 1..2^31-1: what others may be permitted under it
 * parent     ? uuid           jti of the artifact under which the starting execution runs
 * jkt        thumbprint       key that will hold the artifact
 * </pre>
 *
 * <p>A {@code resource} of {@code delegable} is one that {@link dev.writ.artifact.CanonicalResource}
 * specifies. Who names a {@code parent} proves to hold its key: ES256 over {@code writ-delegation-v1} ‖ 0x00 ‖
 * the challenge's nonce ‖ request_digest ‖ jkt, by the key of the parent's {@code cnf.jkt}. What a child may
 * is {@link dev.writ.artifact.Narrowing}'s.
 *
 * <p>At most 16 KiB. Where {@code max_uses} is present {@code aud} has one element: a use needs one
 * judge. An execution on a host has the audience {@code exec:} and that host's {@code ak-name}. {@code
 * request_digest} = H("writ-request-v1", SHA-256(JCS of the request)), whatever spelling it came in. A
 * quote's qualifying data and a key certification's are {@link dev.writ.artifact.EvidenceBinding}'s.
 *
 * <h2>Exec binding</h2>
 *
 * <pre>
 * path        path, at most 1024 UTF-16 units: the executable's real path, the request's resource
 * exe_sha256  digest of the executable's bytes
 * argv        [1..1024 b64u], repetitions allowed, of any bytes but NUL; at most 32768 bytes in all
 * cwd         path, or / alone
 * env         object of at most 128: variable to digest of the value's bytes
 * files       [0..128 {path: path, sha256: digest}], strictly ascending in path by UTF-16 units
 *
 * path      = text(4096) of at most 4096 bytes of UTF-8: a slash before each component, none of
 *             which is empty, . or ..
 * variable  = 1 to 256 of A-Z a-z 0-9 _, the first no digit
 * </pre>
 *
 * <p>At most 64 KiB, as it came and as JCS. {@code act} of a request for an execution on a host has the
 * {@code action} {@code exec}, the binding's path as its {@code resource}, and {@code args_digest} =
 * H("writ-exec-v1", SHA-256(JCS of the binding)), whatever spelling it came in. There is no member
 * {@code v}: the label has the version.
 *
 * <p>Of a script, path and exe_sha256 are the interpreter's that its {@code #!} names, and the script is
 * one of {@code files}. {@code argv} is then as the kernel makes it (execve(2)): the interpreter, the
 * one argument that the line may have, the script's path, the arguments. It stays so although what the
 * interpreter opens is {@code /dev/fd/N} of a sealed copy. Files are proven as of the start alone.
 *
 * <h2>Artifact</h2>
 *
 * <p>A JWS in compact serialization of at most 32,768 characters, ES256 (r ‖ s, 64 bytes). The header
 * has one spelling, the JCS of {@code alg} {@code ES256}, {@code kid} the thumbprint of the issuer's
 * key, {@code typ} {@code authz-artifact+jwt}; it chooses nothing but the key. {@code artifact_digest}
 * is SHA-256 of the ASCII {@code header.payload}. The payload is at most 24 KiB; its writer writes JCS:
 *
 * <pre>
 * iss, sub, aud, tenant, act    as in the request
 * iat, nbf, exp                 seconds; iat &lt;= nbf &lt; exp &lt;= iat + 3600
 * jti                           uuid
 * cnf        jkt                thumbprint, the request's jkt
 * env        ak_name            ak-name
 *            pcrs               [1..3 {bank: sha256|sha384|sha512,
 *                                      selection: [1..24 0..23], ascending}], one of each bank
 *            digest             digest, the quote's pcrDigest
 *            reset_count        0..2^32-1
 *            restart_count      0..2^32-1
 *            key_storage        tpm|memory
 * policy     id                 visible(128)
 *            version            1..2^53-1
 *            digest             digest
 *            epoch              1..2^53-1
 * gov        initiator          visible(256)
 *            approvals          [0..16 visible(256)]
 *            obligations        [0..16 visible(256)], each name(64), or name(64) ":" argument
 *            mode               standard|break_glass|dev
 * lineage    execution          uuid
 *            parent             ? uuid, the request's parent
 *            root               uuid of the first execution of the chain
 *            depth              0..64; 0 if and only if there is no parent, and root is execution
 * status     ? status_list      idx 0..2^17-1, uri
 * log        origin             visible(256)
 * ear        an EAR (draft-ietf-rats-ear), profile tag:ietf.org,2026:rats/ear#03
 * </pre>
 *
 * <p>Of the EAR are read {@code eat_profile}, {@code iat}, {@code exp}, {@code ear_verifier_id} with
 * {@code developer} and {@code build}, {@code eat_nonce}, and of each of 1 to 16 {@code submods} {@code
 * ear_status}, {@code ear_trustworthiness_vector}, {@code ear_appraisal_policy_ids}, {@code eat_nonce}
 * and {@code ear_writ_appraisal}. A status better than a claim of its vector is refused. The {@code
 * eat_nonce} of a submodule is that which its Evidence answered, base64url of the challenge's 32 bytes;
 * the one beside {@code submods} is for whoever asks for a result, and the service writes none.
 *
 * <h2>Attestation result</h2>
 *
 * <p>The EAR by itself: a JWS in compact serialization of at most 135,168 characters, ES256. The header
 * is the JCS of {@code alg}, {@code kid} the thumbprint of the issuer's key, {@code typ} {@code
 * eat+jwt}. The payload is an EAR of at most 96 KiB; its writer writes JCS. It is the artifact's, with
 * the artifact's {@code exp}; where the application was denied it has no {@code exp}. In addition each
 * submodule has the private claim {@code ear_writ_appraisal}:
 *
 * <pre>
 * rules      [0..256 rule], repetitions allowed: those that ran, in their order
 * omitted    0..2^53-1, how many more ran; the worst are named first
 *
 * rule       reason     name(64)
 *            subject    ? text(1024), what it was applied to
 *            claim      a claim of the vector
 *            value      -128..127, what it says of the claim; 0 where it only notes something
 *            tier       none|affirming|warning|contraindicated, the value's
 *            expected   text(1024)
 *            actual     text(1024)
 * </pre>
 *
 * <h2>Leaf</h2>
 *
 * <p>Exactly the JCS bytes, at most 20 KiB; another spelling is no leaf. Its hash is RFC 6962's.
 *
 * <pre>
 * v          1
 * kind       enrolment|decision.allow|decision.deny|evaluation|verification|outcome|revocation|
 *            approval|summary|policy|key|host
 * time       milliseconds since 1970
 * id         uuid
 * parents    [0..16 digest], hashes of the leaves that it comes from
 * payload    ? digest, SHA-256 of what lies beside the leaf, or lay there until it was erased
 *
 * enrolment       host commitment, ak_name_digest digest (SHA-256 of the Name), ek_digest digest
 *                 (SHA-256 of the endorsement key's SubjectPublicKeyInfo), admission listed|invited
 * host            ak_name_digest digest, state active|suspended|retired, reason as a revocation's, by
 *                 operator
 * decision.allow  jti uuid, artifact_digest, request_digest, evidence_digest, policy_digest digest,
 *                 epoch 1..2^53-1, subject, host, args commitment, parent ? uuid: the artifact's
 *                 lineage.parent
 * decision.deny   code (a denial code), reason visible(128), request_digest ? digest,
 *                 evidence_digest ? digest, policy_digest digest, epoch 1..2^53-1
 * evaluation      verdict allow|deny, code ? (a denial code) and reason ? visible(128), present if and
 *                 only if denied, question commitment to the inputs that the policy was shown,
 *                 policy_digest digest, epoch 1..
 * verification    jti ? uuid, verifier service, asked_by ? thumbprint of the key of who asked, asked
 *                 commitment to the question, result allow|(a denial code), reason ? visible(128), present
 *                 if and only if denied, max_uses ? 1..2^31-1, in an allow alone: of so many uses it
 *                 took one. An allow has jti; a denial of what is no artifact of this log has none
 * outcome         jti uuid, state ok|failed|unknown, reporter holder|gateway, kid thumbprint,
 *                 statement_digest digest
 * revocation      jti uuid, reason unspecified|key_compromise|host_compromised|superseded|ceased|
 *                 policy_changed
 *                 of it and of all under it that had not ended
 * … of a boot     ak_name_digest digest, reset_count, restart_count 0..2^32-1, reason
 *                 new_boot|rollback: all artifacts of that host before it, and under those, that had
 *                 not ended
 * approval        of enrolment, subject commitment, digest digest (SHA-256 of the invitation's
 *                 secret), expires milliseconds
 * … of a step     of an operation's kind, step proposed|approved|ended, and where it was
 *                 proposed: operation b64u of the operation's bytes
 *                 approved: approval
 *                 ended: operation digest, end executed|expired|failed|withdrawn, trust ? trust,
 *                 by ? operator-signature, the withdrawal's; executed is of trust.publish,
 *                 clock.accept and policy.unfreeze alone, trust present if and only if a trust.publish
 *                 is executed, by if and only if withdrawn
 * … of a mode     of breakglass|freeze, event begun|ended|reviewed|frozen, order governance-order of that
 *                 kind (use, end, review, freeze), and where it began: grant breakglass-grant, which
 *                 the order names, ends seconds, review_by seconds
 * … of a request  of request, approval as below
 * summary         from, to milliseconds, from &lt; to; counts [1..128 {code, reason visible(64),
 *                 count 1..2^53-1}], ascending in code and reason, one of each pair
 * … of a drill    from, to milliseconds, from &lt;= to; report digest of the report, kid thumbprint of
 *                 the operator's key that signed it, demo boolean, passed, failed, not_tried 0..128
 * policy          policy {id, version, digest, epoch} as in the artifact
 * key             kid thumbprint, role issuer|checkpoint|status|tls|attestation, alg ES256|Ed25519,
 *                 state, vkey ? visible(512), present if and only if role is checkpoint
 * … of a change   kid thumbprint, role, state, operation digest, handover ? hand-over, present if and
 *                 only if state is pre_published and then of this kid, role and operation; other ?
 *                 thumbprint of the key that ceases to sign where state is active, of the one that
 *                 signs in its place where compromised; from_index ? 0..2^53-1 where an issuer's key
 *                 is compromised; trust ? trust, the file that says so
 * … of a start    step started, log {origin visible(256), size 0..2^53-1, root digest}, trust trust,
 *                 keys [1..8 {kid thumbprint, role}], ak_name, pcrs as in env, pcr_digest digest,
 *                 reset_count, restart_count 0..2^32-1, evidence_digest digest of the Evidence,
 *                 previous_ak_name ? another than ak_name, of the start before. The quote's qualifying
 *                 data is H("writ-start-v1", SHA-256(JCS {keys, log, trust}))
 *
 * state      = pre_published|active|retiring|retired|destroyed|compromised
 * trust      = version 1..2^53-1, digest digest: a trust file's
 *
 * commitment = H("writ-commitment-v1", 32 random bytes of salt, SHA-256(value)), as a digest
 *              host: UTF-8 of the host's name; subject: UTF-8 of sub, of an approval the host's name;
 *              args: the 32 bytes of act.args_digest, for the issuer sees no more of the arguments
 * </pre>
 *
 * <p>Parents of a decision are the policy in force, the host's enrolment, the approvals that its rules saw and,
 * of an allow with {@code parent}, the decision that allowed that;
 * of an approval of a request, the policy in force and, where it answers a denial, that. Parents of an outcome
 * and a revocation are the artifact's decision, of a boot's revocation the
 * host's enrolment; of a start, the issuer key's leaf, the start before and the enrolment of the host's
 * attestation key, as far as there are such; of an enrolment, the policy in
 * force and, where the host was invited, the approval; of a verification with {@code jti}, the artifact's
 * decision.
 *
 * <h2>Trust file</h2>
 *
 * <p>At most 512 KiB, in any spelling of its JSON: its identity is the SHA-256 of its bytes.
 *
 * <pre>
 * v                 1
 * issuer            visible(256)
 * version           1..2^53-1
 * previous          ? digest of the previous version's file; absent if and only if version is 1
 * assurance         hardware|dev
 * jwks              keys [1..64 JWK + alg ES256, role issuer|status|checkpoint|attestation,
 *                               nbf seconds, exp seconds,
 *                               state (as in a leaf), compromised_from ? 0..2^53-1 where
 *                               an issuer's key is compromised]
 * log_policy        C2SP tlog-policy: log keys of one origin, each of type 0x02;
 *                   a quorum of witnesses unless assurance is dev
 * status            ? uri (at most 501 characters, no query, no slash at its end),
 *                   max_age_s 1..86400; absent in dev only
 * skew_s            0..300, granted to nbf and iat, never to exp
 * tls               [0..16 digest] of SubjectPublicKeyInfo
 * policy_approvers  ? threshold, keys [1..32 JWK]; absent in dev only
 * gateways          [0..1024 JWK]
 * operators         threshold 1..number of keys, keys [1..32 JWK]
 * signatures        [0..32 operator-signature], one of each kid
 *
 * JWK               kty EC, crv P-256, x, y b64u of 32 bytes, kid its thumbprint; nothing else
 * </pre>
 *
 * <p>A key stands in one place and is believed for that alone: the log's key is among {@code jwks} as a
 * checkpoint key or not at all, no operator is an approver. A checkpoint key among them is believed within its
 * window alone, and is a log of {@code log_policy} unless it is compromised; one that is not among them is
 * believed always. Signatures are ES256 over {@code writ-trust-v1} ‖ 0x00 ‖ JCS of all but
 * {@code signatures}. A version is believed when its SHA-256 was given out of band, or when it follows
 * a believed one: same issuer and assurance, version one more, {@code previous} its digest, signed by
 * {@code threshold} of <em>its</em> operators. No verifier takes a later version that is neither; who
 * gives one version 1 vouches for it. A key signs within {@code [nbf, exp)}, and a pre-published one
 * is activated at its {@code nbf}. A retired or destroyed one has its window alone, so that the past can
 * be judged as of then. A compromised one is believed in nothing, except that an issuer's with {@code
 * compromised_from} is believed of artifacts whose leaves the ledger holds below that index.
 *
 * <p>{@link dev.writ.artifact.TrustSuccession} follows published versions one by one, at most 1,000 at
 * once, until one is missing, malformed or does not follow: then the one before it stays. A key's own
 * signature introduces nothing, whatever it is over.
 *
 * <h2>Policy envelope</h2>
 *
 * <p>A policy with its signatures: DSSE (secure-systems-lab/dsse, version 1), at most 1 MiB, in any spelling
 * of its JSON; kept as it came. {@link dev.writ.artifact.PolicyEnvelope} reads of the policy no more than
 * that it is canonical JSON.
 *
 * <pre>
 * payload      the policy document's JCS bytes, standard base64 with padding
 * payloadType  application/vnd.writ.policy.v1+json
 * signatures   [0..64 {keyid ? at most 256 characters, sig standard base64 of 1..1024 bytes}]
 * </pre>
 *
 * <p>{@code keyid} is the RFC 7638 thumbprint of the signer's key, {@code sig} ES256 in DER (RFC 3279) over
 * {@code DSSEv1 35 application/vnd.writ.policy.v1+json LEN payload}, LEN the payload's bytes in decimal. Other
 * keys' signatures are passed over. It is believed where the policy's author, a policy approver or an operator
 * of the trust file, signed it, and {@code threshold} of the policy approvers beside the author.
 *
 * <h2>Operation</h2>
 *
 * <p>What no single person may change. Exactly the JCS bytes, at most 4 KiB; its digest is SHA-256 of
 * {@code writ-operation-v1} ‖ 0x00 ‖ these bytes, which is what operators sign:
 *
 * <pre>
 * v              1
 * issuer         visible(256)
 * trust_version  1..2^53-1, of the trust file whose operators decide
 * nonce          32 random bytes, written as a digest
 * proposed       seconds
 * expires        seconds, after proposed by at most 30 days; it is open before this second
 * proposer       ? thumbprint of the operator; absent where a schedule proposed it
 * change         kind key.rotate      role, from, to two thumbprints, activates seconds
 *                kind key.compromise  role, kid thumbprint, from_index ? 0..2^53-1 of an
 *                                     issuer's key alone, replacement ? thumbprint of another key
 *                kind key.destroy     kid thumbprint
 *                kind trust.publish
 *                kind clock.accept    newest milliseconds, the time of the ledger's newest leaf; expires
 *                                     is after proposed by at most a day
 *                kind policy.unfreeze freeze 0..2^53-1, the ledger's index of the freeze
 *                trust digest, of the signing input of the trust file that comes with it, which
 *                all have but key.destroy, clock.accept and policy.unfreeze
 *
 * approval            at most 8 KiB, in any spelling
 * v                   1
 * operation           digest, the operation's
 * signature           operator-signature over the operation
 * trust_signature     ? operator-signature of the same kid over the trust file that the operation
 *                     names; present if and only if it names one
 *
 * withdrawal          at most 4 KiB, in any spelling
 * v                   1
 * operation           digest, the operation's
 * signature           operator-signature over {@code writ-operation-withdrawal-v1} ‖ 0x00 ‖ the 32 bytes
 *                     of the digest
 *
 * operator-signature
 * kid                 thumbprint
 * sig                 b64u of 64 bytes, ES256 over the bytes meant, or over the assertion
 * authenticator_data  ? b64u of 37..1024 bytes
 * client_data         ? b64u of 1..1024 bytes; both or neither
 *
 * hand-over
 * issuer              visible(256)
 * role                a key's role
 * from                thumbprint of the key before
 * to                  JWK of the key after, another
 * activates           seconds
 * operation           digest, the operation's
 * by_from, by_to      b64u of 64 bytes each: ES256 of either key over {@code writ-handover-v1} ‖ 0x00 ‖
 *                     JCS of all else
 * </pre>
 *
 * <p>An approval counts if it is of this operation, open at the time, under the trust file in force with
 * the operation's {@code trust_version}, and by one of its operators who is not the {@code proposer}. A
 * withdrawal holds if it is of this operation, open at the time, and by an operator of the trust file in
 * force, who is the {@code proposer} where there is one.
 * With {@code authenticator_data} a signature is a WebAuthn assertion (W3C WebAuthn level 2, section
 * 7.2): over {@code authenticator_data ‖ SHA-256(client_data)}, with the flag UP, and client data of
 * strict JSON whose {@code type} is {@code webauthn.get} and whose {@code challenge} is b64u of the
 * SHA-256 of the bytes meant; their other members are not read. A hand-over shows that the token held
 * both keys; no verifier believes a key for it.
 *
 * <h2>Break-glass and freeze</h2>
 *
 * <p>Both are exactly their JCS bytes. A grant is at most 12 KiB and is named by the SHA-256 of {@code
 * writ-breakglass-v1} ‖ 0x00 ‖ JCS of all but {@code signatures}, which is what is signed; an order is at
 * most 6 KiB, and the same holds of it with {@code writ-governance-v1} and {@code signature}.
 *
 * <pre>
 * breakglass-grant
 * v           1
 * issuer      visible(256)
 * nonce       32 random bytes, written as a digest
 * reason      text(512)
 * ttl_s       1..86400
 * not_before  seconds
 * not_after   seconds, after not_before by at most 400 days
 * signatures  [0..32 operator-signature], one of each kid
 *
 * governance-order
 * v            1
 * issuer       visible(256)
 * kind         freeze|breakglass.use|breakglass.end|breakglass.review
 * grant        ? digest of the grant; absent if and only if kind is freeze
 * over_freeze  ? 0..2^53-1, of a use alone: the leaf of the freeze that it overrides
 * text         text(512)
 * given        seconds
 * nonce        32 random bytes, written as a digest
 * signature    operator-signature
 * </pre>
 *
 * <h2>Approval of a request</h2>
 *
 * <p>Exactly the JCS bytes, at most 2 KiB; its digest is SHA-256 of {@code writ-request-approval-v1} ‖ 0x00 ‖ JCS
 * of all but {@code signature}, which is what the approver signs:
 *
 * <pre>
 * v               1
 * issuer          visible(256), of the trust file
 * request_digest  digest, the request's
 * policy_digest   digest, of the policy document that asks for approvals
 * initiator       ? commitment to who set the request in motion; absent where nobody was proven to have
 * nonce           32 random bytes, written as a digest
 * given           seconds
 * expires         seconds, after given by at most a day; it holds before this second
 * kid             thumbprint of a key that the trust file names as an operator's or a policy approver's
 * signature       b64u of 64 bytes, ES256
 * </pre>
 *
 * <p>It counts once, for one decision on that request of that initiator under that policy, which must list the
 * approver. {@code initiator} is {@code H("writ-commitment-v1", salt, SHA-256(name))}, where salt is {@code
 * H("writ-approval-initiator-v1", nonce, SHA-256(JCS of the request))}: who has the request can tell whether it is
 * of a name, and who has the log alone cannot.
 *
 * <h2>Drill report</h2>
 *
 * <p>What an operator's key signs of a drill: at most 132 KiB, in any spelling. It is named by the SHA-256 of
 * {@code writ-drill-v1} ‖ 0x00 ‖ JCS of {@code report}, which is what is signed, too.
 *
 * <pre>
 * v                   1
 * report
 *   v                 1
 *   issuer            visible(256), of the trust file
 *   log_origin        visible(256), of its log
 *   demo              boolean: of a deployment made for the drill
 *   began, ended      milliseconds, began &lt;= ended
 *   cases [1..128]
 *     code            a denial code: what had to come
 *     door            service|verifier|run
 *     fault           text(160), what was wrong
 *     came            ? text(160), what came: a code, allow, or what else happened
 *     beside          ? text(160), what the same unspoiled came to
 *     leaf_index      ? 0..2^53-1, of the denial's leaf where there has to be one
 *     result          passed|failed|not_yet_reachable|needs_demo|not_applicable; came is absent if and
 *                     only if one of the last two; passed only where came is code and beside is allow
 *     why             ? text(160), absent if and only if passed
 *     ok              boolean, whether result is passed
 *   ok                boolean, whether each case passed that was tried, and one did
 * signature           operator-signature over the report
 * leaf                ? standard base64 of the leaf that sums it up
 * tlogProof           ? that the ledger has it, C2SP tlog-proof; both or neither
 * </pre>
 *
 * <p>With leaf and proof it is verified offline: signed by an operator of the trust file, whose issuer and log
 * it is of; the leaf says the same; a checkpoint that is believed has it.
 *
 * <h2>Status token</h2>
 *
 * <p>A Token Status List JWT (draft-ietf-oauth-status-list) in compact serialization of at most 49,152
 * characters, ES256. The header is the JCS of {@code alg}, {@code kid} the thumbprint of a status key,
 * {@code typ} {@code statuslist+jwt}. The payload is at most 32 KiB; its writer writes JCS:
 *
 * <pre>
 * sub          uri: the trust file's status.uri "/" n, the list's number, 0..2^31-1 in decimal
 * iat, exp     seconds; iat &lt; exp &lt;= iat + 86400; its writer has exp = iat + max_age_s
 * ttl          1..60, seconds
 * status_list  bits  1
 *              lst   b64u of one zlib stream (RFC 1950) of 1 to 16384 bytes: entry idx is bit idx % 8,
 *                    from the least significant, of byte idx / 8; 1 is withdrawn
 * writ         epoch          1..2^53-1, the newest policy epoch
 *              min_epoch      1..epoch, the oldest whose artifacts stand
 *              policy_digest  digest, of the policy of epoch
 *              tree_size      1..2^53-1, leaves in the ledger
 *              root           digest, the ledger's root at that size
 *              trust_version  1..2^53-1, of the trust file that the issuer goes by
 * </pre>
 *
 * <p>Of two tokens the later is that of the later {@code iat}, and of one second that of the larger
 * {@code tree_size}: a revocation is a leaf.
 *
 * <h2>Outcome statement</h2>
 *
 * <p>A JWS in compact serialization of at most 2,048 characters, ES256. Its header has two spellings,
 * each the JCS: {@code alg}, {@code jwk} of {@code crv, kty, x, y}, {@code typ} where the holder of the
 * artifact speaks, {@code alg, kid, typ} where a gateway of the trust file does; {@code typ} is {@code
 * writ-outcome+jwt}. Its digest is SHA-256 of the ASCII {@code header.payload}. The payload is at most 1
 * KiB; its writer writes JCS:
 *
 * <pre>
 * v                1
 * jti              uuid, the artifact
 * artifact_digest  digest, the artifact's
 * state            ok|failed|unknown
 * at               milliseconds since 1970
 * </pre>
 *
 * <h2>Redemption</h2>
 *
 * <p>A JWS in compact serialization of at most 24 KiB, ES256, with the header of an outcome statement but
 * {@code typ} {@code writ-redemption+jwt}. The payload is at most 16 KiB; its writer writes JCS:
 *
 * <pre>
 * v                1
 * jti              uuid, the artifact
 * artifact_digest  digest, the artifact's
 * key              b64u of 32 random bytes of the asker's
 * act              {action, resource, args_digest, amounts {[0..16 name: integer]}}
 * at               milliseconds since 1970
 * possession       ? {jwk {crv, kty, x, y}, nonce b64u of 32 bytes, signature b64u of 64}, present if and
 *                  only if a gateway asks: of the holder, for the audience "use:" and the gateway's kid
 * </pre>
 *
 * <p>Its question is H("writ-commitment-v1", key, SHA-256(JCS {@code {act, artifact_digest, by}})), where
 * {@code by} is the signer's thumbprint. A receipt is {@code v} 1, {@code leaf} and {@code tlogProof} as in
 * a proof bundle, at most 96 KiB: the leaf is an allow of kind verification with that question as {@code
 * asked}.
 *
 * <h2>Proof bundle</h2>
 *
 * <pre>
 * mediaType        application/vnd.writ.proof-bundle.v1+json
 * artifact         the JWS
 * leaf             base64 of the leaf, standard alphabet with padding, unused bits zero
 * tlogProof        c2sp.org/tlog-proof@v1 text, verbatim, at most 32,768 characters
 * statusListToken  ? a status token; any other text, of at most 49,152 characters, is as if absent
 * </pre>
 *
 * <p>At most 128 KiB.
 *
 * <h2>Revocation event</h2>
 *
 * <p>What is pushed to a verifier, as the data of a server-sent event; at most 96 KiB.
 *
 * <pre>
 * v          1
 * leaf       base64 of the leaf, as in a bundle; of kind revocation, or a step of governance that revokes
 * tlogProof  c2sp.org/tlog-proof@v1 text, verbatim, at most 32,768 characters
 * </pre>
 *
 * <h2>Verification</h2>
 *
 * <p>{@link dev.writ.artifact.BundleVerifier} makes the checks of {@link dev.writ.artifact.CheckName}
 * in their order; the first that fails gives the {@link dev.writ.artifact.DenialCode}. Form comes before
 * signature and signature before claims: nothing is read out of a payload that nobody signed.
 *
 * <p>{@code key} fails outside the key's window, and where it is compromised; with {@code
 * compromised_from}, where the index in {@code tlogProof} is not below it, or is none. That index is the
 * bundle's own word until {@code inclusion} bears it out: a lower one than the leaf's fails there. What
 * stands in no ledger, attestation results and status tokens, is not believed of a compromised key.
 *
 * <p>Status is judged by the newest valid token of the artifact's list, of the one that the verifier
 * {@linkplain dev.writ.artifact.Seen keeps} and the bundle's. A valid one has the form above, is of that
 * list, and is signed by a key of the role status that is not compromised, with {@code iat} and the
 * verifier's clock in the key's window. {@code governance} fails if there is none; if the artifact names
 * no list of {@code status.uri}, or an entry past the list's end; at {@code exp} or at {@code iat} +
 * {@code max_age_s}; if the clock is more than {@code skew_s} before {@code iat}; if of two tokens, of
 * any of the issuer's lists, kept or in the bundle, the later has a smaller {@code tree_size, epoch,
 * min_epoch} or {@code trust_version}; and if two of them, or one and the bundle's checkpoint, have one
 * size with two roots. For the last two a kept token counts as long as its signature does. An older
 * token in a bundle that contradicts nothing is ignored. What passes is kept before anything is allowed;
 * if it cannot be, the check is {@code unverifiable}. Last, it fails if the newest token of any list
 * names a later {@code trust_version} than the verifier's trust file has: that token is kept like one
 * that passes, so that nothing is allowed until the succession is followed. {@code policy_epoch} is
 * judged by the newest token of any list: {@code epoch} from {@code min_epoch} to {@code epoch}, and
 * at the latter the same {@code digest}. {@code status} is the entry's bit. Only a dev trust file may
 * be without {@code status}, and then the three are listed as not asked.
 *
 * <p>A revocation event is believed where the log policy trusts its checkpoint, the tree holds the leaf,
 * and no kept token has the checkpoint's size with another root. It is kept for two hours, in which
 * whatever it withdraws ends; until then {@code status} fails, too, for an artifact that it withdraws,
 * where the token judged by has a {@code tree_size} that does not exceed the leaf's place: one of more
 * leaves says by itself what stands. A leaf about a host withdraws what was decided before it.
 *
 * <p>Possession is shown by ES256 over {@code writ-possession-v1} ‖ 0x00 ‖ nonce ‖ artifact digest ‖
 * SHA-256(audience), by the key of {@code cnf.jkt}; audience is the UTF-8 of what the verifier demands
 * in {@code aud}, so that the answer to one Relying Party is none to another. Without a demanded
 * audience the check fails.
 *
 * <p>What is left out is not demanded, with two exceptions. Execution here always demands the host's
 * state. Where an action is demanded, obligations that the Relying Party does not name are not met.
 *
 * <p>What a verifier remembers on a disk, {@link dev.writ.artifact.SeenOnDisk} and {@link
 * dev.writ.artifact.TrustFolder} specify.
 *
 * <h2>Example</h2>
 *
 * <p>The folder {@code worked-example} of this module's test resources holds one of everything. Its
 * claims, wrapped here, are signed as written there, without line breaks:
 *
 * <pre>
 * {"act":{"action":"exec",
 *         "args_digest":"c977b2b1aeb706b9d68392ecb34eb57c93d6bdb33251c5c77efc1825bde9503c",
 *         "limits":{"amount":5000},"max_uses":1,"resource":"/usr/bin/payroll"},
 *  "aud":["exec:AAuE7zpbnlvYO_JlVWmuZecgos0MVUo7w2LO-XVSXDQFPg"],
 *  "cnf":{"jkt":"-whhbvn9MlRYMHUKoy_vEZepw2b4ZhwOsJ05nz077p4"},
 *  "ear":{"ear_verifier_id":{"build":"0.1.0","developer":"https://writ.example/software"},
 *         "eat_profile":"tag:ietf.org,2026:rats/ear#03","iat":1793606400,
 *         "submods":{"host":{"ear_appraisal_policy_ids":
 *           ["urn:sha256:207c6f9d6c3e528b1f80588797c3ee13306049c72232ef9bef47f45c0dc4808a"],
 *           "ear_status":"affirming","ear_trustworthiness_vector":
 *             {"configuration":2,"executables":2,"instance-identity":2},
 *           "eat_nonce":"0q_NaFDOzxC4CeUAz65wsnHJFV2FMDNmFXr8Bq2O0iM"}}},
 *  "env":{"ak_name":"AAuE7zpbnlvYO_JlVWmuZecgos0MVUo7w2LO-XVSXDQFPg",
 *         "digest":"2b29c22132da456eb2a86a5008ee896560db7f38c8230ef6d0432799cfa685e9",
 *         "key_storage":"tpm","pcrs":[{"bank":"sha256","selection":[0,1,2,3,4,7]}],
 *         "reset_count":12,"restart_count":3},
 *  "exp":1793606700,
 *  "gov":{"approvals":[],"initiator":"alice&#64;acme.example","mode":"dev",
 *         "obligations":["log:full"]},
 *  "iat":1793606400,"iss":"https://writ.example","jti":"01a19b45-b800-7000-8000-000000000001",
 *  "lineage":{"depth":0,"execution":"01a19b45-b800-7000-8000-000000000002",
 *             "root":"01a19b45-b800-7000-8000-000000000002"},
 *  "log":{"origin":"writ.example/log"},"nbf":1793606400,
 *  "policy":{"digest":"207c6f9d6c3e528b1f80588797c3ee13306049c72232ef9bef47f45c0dc4808a",
 *            "epoch":1,"id":"payroll","version":1},
 *  "status":{"status_list":{"idx":4711,"uri":"https://writ.example/status/0"}},
 *  "sub":"spiffe://writ.example/payroll","tenant":"acme"}
 * </pre>
 *
 * <p>Its leaf, the seventh of the example's ledger, and the proof that the tree of seven holds it:
 *
 * <pre>
 * {"args":"7695d850fb6e0612826933ebaeb468c4851badbcae2a55eb115d3b4bdf54810f",
 *  "artifact_digest":"2572542d79687f5900a8854f33b47ce3c279deba5999f02e09efc9cc0d96c1af",
 *  "epoch":1,
 *  "evidence_digest":"e604b7d6fc919bfcc64084df4fa31a8897e47d4bf6be3cc8ece673b78bcb6243",
 *  "host":"3ea76aa444d09170344ecf754c851fdec98f861cdb57c951118f892d0cc12a34",
 *  "id":"01a19b45-b800-7000-8000-0000000000f6",
 *  "jti":"01a19b45-b800-7000-8000-000000000001",
 *  "kind":"decision.allow",
 *  "parents":["e02d171a2ddbae89a200e004708d101025cb9bb47a97f885b608c475fe0e7162",
 *            "d277f3fb8525102de2914de6c701b0cdfd1b9656716a9d27703a1296961e3173"],
 *  "policy_digest":"207c6f9d6c3e528b1f80588797c3ee13306049c72232ef9bef47f45c0dc4808a",
 *  "request_digest":"d88fc563d8007caf39a0f414fb26e3512bfe2078713a4b0081744dbf37e73428",
 *  "subject":"5b9426ddb84fbbd55c8da9c9a4f1a4a7d69084516a8b1e13420d0acd61d55f28",
 *  "time":1793606400000,
 *  "v":1}
 *
 * c2sp.org/tlog-proof@v1
 * index 6
 * naTYVv/xnEnDTuE/yNxkvei5Vt2xddPZ9IBdYVH+GTo=
 * ci2uwaNCxBDRzqmtBBqJNBkmVaMWTY4aBkRQficQLNI=
 *
 * writ.example/log
 * 7
 * b6jANN4mnC0EvfrPJSAhDG2elvtzFZ69yNmFLPMJi0c=
 *
 * — writ.example/log RGHy3DBFAiAXEsrthNvrDrpHNknBjLaEk1eeyE/aNRLeDhQhf426MQIhAL4aIM+tm+SSCcrD3AQ9j+kT8qbgUdTki5TPad9q1YL0
 * </pre>
 */
@NullMarked
@CheckReturnValue
package dev.writ.artifact;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
