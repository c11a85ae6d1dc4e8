// SPDX-License-Identifier: Apache-2.0
/**
 * The lineage ledger: an append-only Merkle log of leaves, the state that changes with them, and the
 * store that holds both.
 *
 * <h2>What it promises</h2>
 *
 * <ul>
 *   <li>A {@link dev.writ.ledger.CommitOutcome.Receipt} means: leaf, nonces and state are on stable
 *       storage together, and a signed checkpoint covers the leaf, cosigned by a quorum of witnesses where
 *       the log policy has one. No answer that says less is one.
 *   <li>Of all entries that take one nonce, one gets a receipt, whatever runs at the same time and
 *       whatever crashed in between. The unique index of the database is the only judge.
 *   <li>What a decision used (policy epoch, host, signing key, parent) is read again in the transaction
 *       that commits it.
 *   <li>An invitation lets one host in, the one that it names, before its end; an enrolment that is
 *       refused leaves it as it was.
 *   <li>A statement of how an execution ended is recorded once, and no reporter has more of them on an
 *       artifact than the entries that bring them allow.
 *   <li>A status index is one artifact's, until no token in which its bit counts can be believed any
 *       more: its block is reserved for a time, once at a time, and not reused before.
 *   <li>A revocation is its leaf and its bit together. Every {@link dev.writ.ledger.StatusSnapshot}
 *       after its receipt has the bit; of two snapshots the later has the later time, no smaller tree
 *       and no earlier epoch, whatever clocks did, and each is of a tree that a checkpoint covers or will.
 *   <li>What is issued under an artifact ends no later, and is revoked in the transaction that revokes that,
 *       whatever revokes it: by name, with its host's boot, or with a range of leaves.
 *   <li>What was last seen of a host's TPM is recorded with the decision that it led to, or not at all
 *       where something else was seen since it was judged. An artifact is of the boot that is recorded
 *       with it: none of an earlier boot comes after one of a later, and all that a host has are voided
 *       by one leaf.
 *   <li>Of all that would renew a key for MACs at once, one does; all are answered with the same keys.
 *       One that was superseded for long enough is nobody's to read any more.
 *   <li>Of each subject one operation is open, and of all together no more than their bound. It is
 *       approved while it is, before its end, once by each approver and never by who proposed it; it ends
 *       once, and is not withdrawn once enough have approved it.
 *   <li>A key goes through its states in one direction, and no two of a role are active but the
 *       checkpoint's. Versions of the trust file follow one another, and none comes back in force.
 *   <li>The tree only grows. Every signed head is consistent with all signed before it, by this node and
 *       by every other on the same store; no node signs a head whose leaves it has not hashed itself.
 *   <li>A payload beside a leaf is the one that the leaf names, or is given to nobody. It can be erased,
 *       and every proof stays what it was; once it is past its period it goes, but not while something in
 *       force rests on it.
 * </ul>
 *
 * <h2>How an entry goes</h2>
 *
 * <pre>
 * callers ──▶ queue ──▶ committer ──────────────▶ signer ─────────────▶ callers
 *             bounded    one transaction for       one signature, and one round of
 *                        all that waited           witnesses, for all that is committed
 *                        jobs, one by one ────────────────────────▶ callers
 * </pre>
 *
 * <p>Nothing waits for a timer. While one transaction runs, entries gather for the next; while the key
 * signs, transactions go on, and the next signature covers them all. No lock is held and no transaction
 * is open while a key signs. What has no leaf (reserving status indices, the moment of a status snapshot, renewing a
 * key, erasing payloads, the probe) is a job: a transaction of its own on the same thread, between two
 * batches, answered once it is durable.
 *
 * <p>While a disk or a key hangs, what waits for it is bounded: an entry has its place until the thread
 * that has it lets it go, also when its deadline answered it long before. While the head has not been
 * signed for longer than the ledger's patience, no entry is committed.
 *
 * <h2>Several nodes</h2>
 *
 * <p>A SQLite store is one process's. One in PostgreSQL may be open in many, each with a writer and a
 * signer as above. The head's row is the lock: a writer's transaction begins by updating it, so one
 * writes at a time, and each sees what the one before committed. Where that moved the head, the writer
 * reads the leaves that came, appends their hashes to its own right edge, and goes on only if that gives
 * the head that it found; its signer has them before the batch that follows. A head is signed only where
 * writer and signer have come to it each in its own way, at whatever attempt. A node with nothing to do looks
 * every 50 ms, so that each node's checkpoint is soon the newest. A head that does not continue what the
 * node knows stops it: that is a store that was rolled back, failed over to a server that lagged, or was
 * written by somebody else.
 *
 * <p>A node that stops within its transaction loses the lock after three seconds ({@code
 * idle_in_transaction_session_timeout}); what others have is refused after two, as not committed.
 *
 * <h2>Witnesses</h2>
 *
 * <p>{@link dev.writ.ledger.Witnesses} says which there are. All are asked at once for each signed head, each
 * on a thread of its own and with a proof from the size that it names; the head waits until those that
 * cosigned are a quorum. Their word is believed where it verifies: of an answer that does not, nothing is
 * kept. Without a quorum in time the entries are {@link dev.writ.ledger.CommitOutcome.Unavailable}, {@code
 * COMMITTED} with the code {@code witness_quorum}, nothing is shown under that head, and the next round asks
 * for the newest. A head that witnesses saw is of this store, which has its leaves before it is signed.
 *
 * <p>Nodes on one store ask one after another, by turns, as far as they can. A witness that has cosigned a
 * newer head of another node's has this one's entries wait for the next; only more than any node has
 * committed is a contradiction. {@link dev.writ.ledger.WitnessChoice} says who they are once the store is
 * open, for its trust files may name others than before; {@link dev.writ.ledger.Ledger#witnessWith} turns
 * to others while it is.
 *
 * <p>When the ledger is opened they are asked for its head before anything else; one that has seen a newer
 * tree, or another, stops it. Where too few answer it begins with the newest checkpoint that is cosigned.
 *
 * <p>{@link dev.writ.ledger.Witness} is the other side, a witness of anybody's logs, with a store of its own:
 * {@code witness.db} holds whose it is and, of each log, the newest tree that it cosigned.
 *
 * <h2>Anchors</h2>
 *
 * <p>A store that was put back to an older copy agrees with itself. It contradicts what witnesses saw, and
 * two things more, each where it is configured: a file on other storage with the newest checkpoint, and a
 * {@link dev.writ.ledger.RollbackCounter}, whose protocol stands in {@code CountedStore}. Both are compared
 * when the ledger is opened, before anything is signed, and kept beside the writer while it runs.
 *
 * <h2>The archive</h2>
 *
 * <p>With an {@link dev.writ.ledger.ArchiveConfig} leaves that are old enough move from the store to a folder
 * of files, named as c2sp.org/tlog-tiles does: full bundles, the tiles of level 0 over them, and the full tiles
 * above. The rows of bundles and of tiles of level 0 go, in the transaction that raises the minimum index, once
 * the files are durable; all other tiles stay. Reads come from either, and nothing from the folder that the
 * store's tiles do not prove. The folder may lose files, which are missed when they are asked for, with the
 * code {@code archive}.
 *
 * <h2>Durability</h2>
 *
 * <p>If the process or the machine dies while an entry is …
 *
 * <pre>
 * waiting      nothing of it is kept
 * in COMMIT    all of it or nothing
 * committed    all of it is kept, under a head that is not signed; open() signs it. Its caller got
 *              no answer: the nonce is used, and no artifact left the service
 * signed       as committed; the checkpoint may be signed again, over the same text, for it is stored
 *              only with the transaction after it, or when the ledger is idle
 * cosigned     as signed
 * answered     all of it is kept, and so is what the checkpoint in the answer covers
 * </pre>
 *
 * <p>{@link dev.writ.ledger.CommitOutcome.Unavailable} says which of these an entry came to when disk
 * or key failed and the process lives. After a COMMIT that failed the store itself is asked what became
 * of it, through a new connection and under the lock, which a server that is still at that COMMIT holds
 * until it is done; the batch is there if the head is the one after it, or if other nodes went on and its
 * leaves are where it put them. A head that is neither the one before nor one that continues it stops the
 * ledger until a person has looked.
 *
 * <p>A job that fails may have been done all the same. Each is made so that this costs nothing: a block is
 * then reserved that nobody uses, a time was passed over, a key is newest that nobody was told of yet.
 *
 * <p>Disk and key may fail and come back: the next entry, job or probe finds out by itself. {@link
 * dev.writ.ledger.Ledger#probe} does all that an entry needs (lock, write, COMMIT, signatures) and leaves
 * the tree as it is.
 *
 * <h2>Who is trusted</h2>
 *
 * <p>The store may lose nothing that was committed, and is believed when the ledger is open. Who can
 * write to it can take nonces out, give hosts and keys another state, and have a checkpoint signed over
 * leaves of their own; they cannot change a leaf that a checkpoint covers without the next consistency
 * proof failing. Who restores an older copy makes used nonces usable and forks the log: {@link
 * dev.writ.ledger.Ledger#open} finds a store that does not agree with itself, and a whole older one is
 * found only by what lies outside (witnesses, anchors, gateways). Who can read it has the keys
 * for MACs, and can make what only the service should. Payloads and hosts' names are personal data: the
 * file is for its owner alone. A PostgreSQL server is trusted as much as the file: it must be asked over
 * TLS or on loopback, and must keep what it commits, which each writer's connection asks it
 * ({@code fsync}, {@code full_page_writes}, {@code synchronous_commit}, no standby).
 *
 * <h2>The store</h2>
 *
 * <p>SQLite 3.37 or later in a folder, or a PostgreSQL database of version 15 or later. What is erased
 * ({@link dev.writ.ledger.Payloads#erase}, superseded keys for MACs) is in no file of SQLite's any
 * more, what is purged after {@link dev.writ.ledger.Payloads#settle}; PostgreSQL shows it to nobody, and keeps its bytes until it has made room of the page and
 * recycled its log.
 *
 * <p>Times are milliseconds since 1970, digests 32 bytes, a jti 16. The statements stand in {@code
 * schema-1.sql} and, for what each version changed, in those after it; types and table options are the
 * only words in them that differ between databases. A store of an older version is brought up when it
 * is opened, and no older Writ opens it after that.
 *
 * <pre>
 * schema_version  version
 * tree_head       one row: origin, size, root; nonce_horizon; snapshot_at, of the newest snapshot;
 *                 newest_time, the greatest of any leaf (since a clock was accepted); payloads_from, how far
 *                 payloads were purged; minimum_index, a multiple of
 *                 256: leaves below it are in the archive; probe, of no meaning. UPDATE of this row is the
 *                 writers' lock
 * checkpoint      one row: size, note: the newest signed checkpoint that was stored
 * leaf            leaf_index → bytes, from minimum_index on
 * tile            (level, tile_index) → hashes; the rightmost of a level grows in place, and a partial
 *                 tile of an older checkpoint is its beginning; of level 0 from minimum_index / 256 on
 * payload         leaf_index → bytes, kept (a {@link dev.writ.ledger.PayloadRetention}); erasable
 * payload_period  (begins, leaf_index) of payloads whose period does not begin with their leaf
 * host            ak_name → ek_digest (unique), name (unique), ak_public, state, leaf_index
 * instance_key    (ak_name, key_name) → jkt (unique), leaf_index
 * measured_list   ak_name → boot, judged_by, position, leaf_index: how far a host's measurement list was
 *                 verified; the position is {@link dev.writ.ledger}'s to keep and the verifier's to read
 * last_seen       ak_name → clock, reset_count, restart_count, safe, seen, leaf_index: what was last seen of a
 *                 host's TPM; artifact, previous, ends: the newest of its artifacts, and when the last ends
 * boot_log        leaf_index → ak_name, decision, boot, (unique together), digest, bytes: the last
 *                 few of each host; erased with the leaf's payload
 * signing_key     kid → role, state, not_before, not_after, leaf_index; activated_index, ended_index: the
 *                 leaves between which it was active, or null
 * policy_epoch    epoch → policy_digest, min_epoch, leaf_index; epochs follow one another from 1
 * nonce           nonce → expires; purged some time after
 * artifact        jti → leaf_index, expires, revoked, status (list * 131072 + idx, or null); previous, ends:
 *                 its host's artifact before it, and when the last of them and of it ends
 * revocation      leaf_index of each leaf that revokes, from the first on that version 12 wrote: of kind
 *                 revocation, and the end of a break-glass and the freeze that revoke what it allowed
 * descent         jti → parent, root (jtis), depth, uses, leaf_index; of artifacts issued under another
 * artifact_use    (jti, use_number) → asked (unique with the first), leaf_index
 * outcome         (jti, reporter_kid, statement_digest) → report_number (unique with the first two, from
 *                 1), state, leaf_index
 * status_block    block → free_at; 4,096 indices each, reserved together
 * status_index    number → leaf_index, expires, revoked; ak_name, subject: whose the artifact is, or null;
 *                 emptied as its block is reserved again
 * invitation      digest → host_name, expires, leaf_index, redeemed_by (a leaf, or null)
 * operation       digest → subject (unique among those that have not ended), proposer, expires, ended (how,
 *                 or null), leaf_index, document
 * operation_approval  (operation, approver) → statement, leaf_index
 * request_approval  statement → request_digest, policy_digest, approver, expires, leaf_index, used_by (a leaf, or
 *                 null)
 * trust_file      version → leaf_index, in_force_index (a leaf, or null), bytes; versions follow one another
 * governance_mode leaf_index → frozen_by (a leaf, or null), grant_digest, begun_by, ends: the break-glass begun
 *                 last, or null; order_digest (unique, or null); the newest row is the mode in force
 * breakglass      grant_digest → leaf_index, used_by, ends, review_by, ended_by, reviewed_by: grants that were
 *                 used, each once
 * service_start   leaf_index of each start of the service that its host's TPM vouched for
 * rollback_counter  counter → raised_to, size: how far each node's counter outside the store has come, and the
 *                 number of leaves then
 * told_reader     name → next_index: the first leaf that this reader may not have been told of
 * mac_key         (purpose, created) → key; the only secrets
 * </pre>
 *
 * <p>A nonce that expired before {@code nonce_horizon} may have been purged and is refused for that
 * alone, so that a clock that falls back makes none usable.
 *
 * <p>{@link dev.writ.ledger.Fsck} checks a whole store while no ledger is open over it. {@link
 * dev.writ.ledger.LedgerRules} says what must hold between leaves, for who has the log alone.
 *
 * <p>Formats of leaves are {@link dev.writ.artifact}'s, those of tiles, checkpoints and proofs {@link
 * dev.writ.tlog}'s.
 */
@NullMarked
@CheckReturnValue
package dev.writ.ledger;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
