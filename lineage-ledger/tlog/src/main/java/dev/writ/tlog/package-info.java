// SPDX-License-Identifier: Apache-2.0
/**
 * A transparency log's formats and proofs, on the JDK alone: the tree, the tiles it is stored in, the
 * note that its head is signed as, the proof that one entry is in it, and what a log and its witnesses say
 * to each other.
 *
 * <p>This page specifies what is written and read here. It profiles RFC 9162 sections 2.1.1 to 2.1.4
 * (the hashes of RFC 6962) and C2SP's signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles,
 * tlog-proof, tlog-policy and tlog-witness. Where a rule here is narrower than theirs, it says so.
 *
 * <h2>Who is trusted</h2>
 *
 * <p>A log is append-only if two trees of it are never shown such that neither is the start of the
 * other. Nobody has to be believed for hashes and paths: {@link dev.writ.tlog.InclusionProof} and
 * {@link dev.writ.tlog.ConsistencyProof} are computed from the root. What is believed is the root:
 *
 * <ul>
 *   <li>A <b>log key</b> says that this is the log's tree. Who holds it can put in what they like and
 *       show different trees to different people.
 *   <li>A <b>witness key</b> says that this tree continues the largest one that the witness has seen.
 *       A quorum of honest witnesses keeps a log, or the thief of its key, from showing two trees. It
 *       says nothing of whether entries are right.
 *   <li>A <b>store of tiles</b> is believed nothing. A wrong tile makes proofs fail.
 * </ul>
 *
 * <p><b>Which signature gives issuing authority.</b> A checkpoint of this project carries two log
 * signatures under one name. The one of type 0x02 is made by a P-256 key that never leaves an HSM, and
 * it alone lets what the log holds be acted upon. The one of type 0x01 is Ed25519, which verifiers and
 * witnesses elsewhere read; its key may lie in a file. A verifier that must not act on the second
 * lists the first alone in its policy: a line whose key is in no policy is ignored.
 *
 * <h2>Hashes and tiles</h2>
 *
 * <p>{@link dev.writ.tlog.MerkleTree} has the formula of the tree. {@link dev.writ.tlog.Tile}s hold 256
 * hashes each: level 0 leaf hashes, level l + 1 the roots of full tiles of level l. {@link
 * dev.writ.tlog.TilePath} and {@link dev.writ.tlog.EntryBundlePath} are their names, {@link
 * dev.writ.tlog.EntryBundle} the entries. A writer keeps a {@link dev.writ.tlog.CompactRange} in
 * memory, which tells it each hash that belongs in a tile; a reader computes proofs with {@link
 * dev.writ.tlog.TileTree}.
 *
 * <p>Who reads a {@link dev.writ.tlog.TiledLog} that may lie takes tiles and entries from {@link
 * dev.writ.tlog.VerifiedTiles}, which proves each before giving it out. {@link dev.writ.tlog.TreeAudit}
 * rebuilds a whole tree and says what is wrong where; {@link dev.writ.tlog.LogExport} writes a log as the
 * files that {@link dev.writ.tlog.FolderLog} reads.
 *
 * <h2>Notes</h2>
 *
 * <pre>
 * note       = text LF 1*100( signature ) ; at most 128 KiB, UTF-8, of control characters LF alone
 * text       = *( line LF )               ; ends before the note's last empty line, which may not be
 *                                         ; its only one
 * signature  = U+2014 SP name SP base64( key-id value ) LF
 * name       = 1 to 255 characters, no Unicode space, no "+"
 * key-id     = 4 bytes, see NoteKey
 * vkey       = name "+" hex( key-id ) "+" base64( type public-key )
 * </pre>
 *
 * <p>All base64 is RFC 4648 section 4 with padding, and canonical: text that decodes to the same bytes
 * as the canonical one is refused. All decimals are ASCII, at most 2^63 - 1, without sign and leading
 * zeros.
 *
 * <pre>
 * type  value                                    signed bytes
 * 0x01  Ed25519, 64 bytes                        text
 * 0x02  ECDSA P-256 with SHA-256, DER            text
 * 0x04  u64 time in s, Ed25519                   "cosignature/v1" LF "time " decimal LF text
 * 0x05  u64 time in ms, 0x04 0x03, u16, DER      TreeHeadSignature of RFC 6962 for the checkpoint
 * 0x06  u64 time in s, ML-DSA-44, 2420 bytes     not verified here
 * </pre>
 *
 * <p>A note is opened with a set of keys. A line is a known key's if both name and key ID match; all
 * others are ignored. One line of a known key that does not verify refuses the note, and so does the
 * absence of any. Type 0x02 is P-256 only. DER is strict and 1 ≤ r, s &lt; n. For Ed25519, encodings
 * that are not canonical and points of small order are refused, and the equation is checked without
 * the cofactor. Signatures have second spellings, (r, n - s), and are never identifiers.
 *
 * <p>Type 0x06 is known and not verified: the JDK has no ML-DSA on the versions that this compiles for,
 * and a wrong answer would be worse than none. Its vkeys are read and written, with a key of 1312 bytes
 * and the key ID of type 0x04's formula. A line of such a key is treated as one of an unknown key: it
 * proves nothing, counts for no quorum and refuses no note. {@link dev.writ.tlog.NoteVerifier} is not made
 * for one, and a policy whose quorum needs one is refused when it is read. Keys of types that are not in
 * this table are refused as keys; lines of such types in a note are of unknown keys, and ignored.
 *
 * <h2>Checkpoint and proof</h2>
 *
 * <pre>
 * checkpoint = origin LF size LF base64( root ) LF *( extension LF )        ; a note's text
 * proof      = "c2sp.org/tlog-proof@v1" LF [ "extra " base64( bytes ) LF ]
 *              "index " decimal LF *63( base64( hash ) LF ) LF note
 * </pre>
 *
 * <p>No line is empty but the one before the note. The path starts with the leaf's sibling; its length
 * follows from index and size, and any other is refused before a hash is computed.
 *
 * <h2>Policy</h2>
 *
 * <pre>
 * policy  = *( line LF )                     ; at most 64 KiB, 128 logs, witnesses, groups
 * line    = "log" vkey [ url ]               ; types 0x01, 0x02, 0x05; the key's name is the origin
 *         | "witness" name vkey [ url ]      ; types 0x04, 0x06
 *         | "group" name ( "all" | "any" | k ) 1*member
 *         | "quorum" ( name | "none" )       ; exactly one
 *         | "#" comment | ""
 * </pre>
 *
 * <p>Items stand apart by spaces and tabs. A name refers to a witness or group of a line before, and is
 * a member of one group at most. No public key is listed twice among logs, or among witnesses. A
 * checkpoint is believed if a listed key whose name is the checkpoint's origin signed it, no line of a
 * listed key is wrong, and the witnesses that cosigned reach the quorum. Times are not judged.
 *
 * <h2>Witness</h2>
 *
 * <pre>
 * request = "old " decimal LF *63( base64( hash ) LF ) LF note    ; POST url "/add-checkpoint"
 * </pre>
 *
 * <p>A witness keeps of each log, which its origin names, the newest tree that it cosigned. The request
 * says which that is, and how the checkpoint's tree continues it. The first rule that fails is answered:
 *
 * <pre>
 * 400  the form up to the note's text
 * 404  the origin is a known log's
 * 403  a key known for the origin signed, and no line of such a key is wrong or malformed
 * 400  old is at most the checkpoint's size
 * 409  old is the stored size, or 0 where nothing is stored
 * 422  where it is also the checkpoint's size: the stored root is the checkpoint's
 * 422  the path proves it; it is empty from size 0, and between equal sizes
 * 200  the checkpoint is stored, then cosigned
 * </pre>
 *
 * <p>A 200's body is the cosignature's line of type 0x04, at most 16 such where one is read. A 409's is the
 * stored size and LF, as {@code text/x.tlog.size}. All others are a sentence, as text. {@link
 * dev.writ.tlog.WitnessRule} is the rule and nothing else: it reads no clock and stores nothing. Who stores
 * what it allows must do so in the place of the tree that it judged against, and before the cosignature
 * is made public.
 *
 * <p>The sub-trees that type 0x06 can also sign are not asked for and not signed.
 *
 * <h2>An example</h2>
 *
 * <p>The log {@code ledger.example.org/writ} has five entries, {@code zero} to {@code four}. A gateway
 * believes its HSM key, and wants one witness to have seen the tree:
 *
 * <pre id="policy">
 * log ledger.example.org/writ+c36dabd1+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAFalgvIT5SQ+x7/n2Exs+fncW5yi/oNuLvd7082JgVxZope8pYqVZf/ywtYrPRaeVOzloGxSFlID6qJJqXIEIc= https://ledger.example.org/writ
 * witness north witness.example.net+3dc665d3+BH3a76EImzncLUbTwNQdl1c9Z73PppTe06neLCikNUjX
 * quorum north
 * </pre>
 *
 * <p>This proves to it that {@code two} is entry 2. Of the three signatures it verifies the first and
 * the third; the second is of the log's Ed25519 key, which its policy does not name.
 *
 * <pre id="proof">
 * c2sp.org/tlog-proof@v1
 * index 2
 * Zx8UbF5HHooag6PCFM5LqQe486WIjRTMjNPOdbsS75Q=
 * iiq+yu+Pz0GJ9OZMFdfUJhwUJRvf4oYcY90ek68bmUs=
 * 9xWrP6pdBx5uKsS7mU1b9zWUPcw3mdoNCF55gM+5M2o=
 *
 * ledger.example.org/writ
 * 5
 * ii7ViYyVMrUss8/JH3IOusEasWyEafEphOEB4JSXozA=
 *
 * — ledger.example.org/writ w22r0TBFAiEA41bYbimLPtxYUtFerxbfdAIsvwybhJdPUNtpMTUPiv4CIB9qSeTe35rcOV3zci5Rgziw13Jf8m/IJrnTXABtAk/D
 * — ledger.example.org/writ Qmwh2ojgjZETOKdFwbUYHPKXVdVviv+ZXwvCzyTnvOGWRUQkdG08LygWVnXLKKeJm6fcZL70F/KYZy0o7xJHpjzYmAw=
 * — witness.example.net PcZl0wAAAABq/YbAwF505rNcIem9nyM9tvNavPlOaQ0ylSAxv/GrZSUXSb9fXbYAqxPgMJ+GlFe9JUZQGa1Mh4VCqJKoobzI3xbvDA==
 * </pre>
 *
 * <p>The path is: the hash of leaf 3; the node over leaves 0 and 1; the hash of leaf 4. To verify:
 *
 * <pre id="verify">
 * LogPolicy policy = LogPolicy.parse(policyText);
 * TlogProof proof = TlogProof.parse(proofText);
 * if (policy.verifyCheckpoint(proof.note()) instanceof TrustedCheckpoint trusted
 *     &amp;&amp; proof.inclusion().verify(MerkleTree.leafHash(entry), trusted.checkpoint().root())
 *         instanceof ProofOutcome.Proven) {
 *   // entry is number proof.index() of the log
 * }
 * </pre>
 *
 * <p>Before that the log had the checkpoint cosigned. The witness had seen the first three entries:
 *
 * <pre id="request">
 * old 3
 * qxq38Hx8j+Dv9LpvqlPH5EEukaWZFT6KpOAb7s5beCU=
 * Zx8UbF5HHooag6PCFM5LqQe486WIjRTMjNPOdbsS75Q=
 * iiq+yu+Pz0GJ9OZMFdfUJhwUJRvf4oYcY90ek68bmUs=
 * 9xWrP6pdBx5uKsS7mU1b9zWUPcw3mdoNCF55gM+5M2o=
 *
 * ledger.example.org/writ
 * 5
 * ii7ViYyVMrUss8/JH3IOusEasWyEafEphOEB4JSXozA=
 *
 * — ledger.example.org/writ w22r0TBFAiEA41bYbimLPtxYUtFerxbfdAIsvwybhJdPUNtpMTUPiv4CIB9qSeTe35rcOV3zci5Rgziw13Jf8m/IJrnTXABtAk/D
 * — ledger.example.org/writ Qmwh2ojgjZETOKdFwbUYHPKXVdVviv+ZXwvCzyTnvOGWRUQkdG08LygWVnXLKKeJm6fcZL70F/KYZy0o7xJHpjzYmAw=
 * </pre>
 *
 * <p>The path is: the hashes of leaves 2 and 3; the node over leaves 0 and 1; the hash of leaf 4. It
 * answered with status 200:
 *
 * <pre id="answer">
 * — witness.example.net PcZl0wAAAABq/YbAwF505rNcIem9nyM9tvNavPlOaQ0ylSAxv/GrZSUXSb9fXbYAqxPgMJ+GlFe9JUZQGa1Mh4VCqJKoobzI3xbvDA==
 * </pre>
 *
 * <p>Asked the same once more it answers 409, and {@code 5}.
 *
 * <p>To sign the head of a tree, with the HSM's signer first:
 *
 * <pre id="sign">
 * Checkpoint head = new Checkpoint(origin, range.size(), range.root());
 * SignedNote note = SignedNote.sign(head.noteText(), hsmSigner, ed25519Signer);
 * </pre>
 *
 * <p>Whoever signs must sign no two trees of which neither is the start of the other: that is the
 * writer's duty, nothing here can hold it to that.
 */
@NullMarked
@CheckReturnValue
package dev.writ.tlog;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
