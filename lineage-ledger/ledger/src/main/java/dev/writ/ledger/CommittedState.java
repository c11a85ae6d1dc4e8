// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.RevokedScope;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The state that changes with the leaves of a {@link Ledger}, as it is committed. */
public abstract sealed class CommittedState implements RecordedState permits Ledger, StoredLedger {
  /** Most that {@link #operations} gives at once. */
  public static final int MAX_OPERATIONS = 1000;

  private final StoreReader store;
  private final InstantSource clock;

  CommittedState(StoreReader store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  /**
   * The place of the leaf with this id, looked for around the time that the id says. Empty where there
   * is none, or where the clock was set by more than seconds.
   */
  public OptionalLong indexOf(UuidV7 leafId) throws LedgerException {
    long size = size();
    return store.tree(tree -> new LeafSearch(tree).find(leafId, size));
  }

  /** Number of leaves. */
  public abstract long size();

  /** The hash of the leaf at {@code index}, signed or not yet. */
  public Optional<Hash> leafHash(long index) throws LedgerException {
    return store.tree(tree -> tree.leafHashes(index, index + 1)).stream().findFirst();
  }

  /** The first leaf that is not of before {@code time}, were they in its order; the size where none is. */
  @Override
  public long firstFrom(Instant time) throws LedgerException {
    long size = size();
    return store.tree(tree -> new LeafSearch(tree).firstFrom(time, 0, size));
  }

  /** The first leaf of a kind from {@code from} to before {@code to}: all up to it are looked at. */
  public OptionalLong firstOf(LeafKind kind, long from, long to) throws LedgerException {
    long end = Math.min(to, size());
    return store.tree(tree -> new LeafSearch(tree).firstOf(kind, from, end));
  }

  /** The first leaf from {@code from} to before {@code to} that uses this grant: all up to it are looked at. */
  @Override
  public OptionalLong firstUse(Hash grant, long from, long to) throws LedgerException {
    long end = Math.min(to, size());
    return store.tree(tree -> new LeafSearch(tree).firstUse(grant, from, end));
  }

  /** The host with this attestation key. */
  @Override
  public Optional<Host> host(AkName akName) throws LedgerException {
    return store.read(statements -> new StateReads(statements).host(akName));
  }

  /** The host with this endorsement key. */
  public Optional<Host> hostByEk(Hash ekDigest) throws LedgerException {
    return store.read(statements -> new StateReads(statements).hostByEk(ekDigest));
  }

  /** The host with this name. */
  public Optional<Host> hostByName(String name) throws LedgerException {
    return store.read(statements -> new StateReads(statements).hostByName(name));
  }

  /**
   * Hosts in the order of their names, whatever their state.
   *
   * @param name after which they come; empty for the first
   * @param most how many
   */
  public List<Host> hostsAfter(String name, int most) throws LedgerException {
    return store.read(statements -> new HostRows(statements).after(name, most));
  }

  /**
   * Whether a nonce is taken already. {@link StateChange.ConsumeNonce} alone decides who takes it: this
   * spares work for an entry that would lose. Nonces that were purged are not known.
   */
  public boolean isConsumed(Hash nonce) throws LedgerException {
    return store.read(statements -> new StateReads(statements).isConsumed(nonce));
  }

  /** How far a host's measurement list was verified. */
  public Optional<MeasuredList> measuredList(AkName akName) throws LedgerException {
    return store.read(statements -> new StateReads(statements).measuredList(akName));
  }

  /** What was last seen of a host's TPM. */
  public Optional<LastSeen> lastSeen(AkName akName) throws LedgerException {
    return store.read(statements -> new StateReads(statements).lastSeen(akName));
  }

  /** The artifact that was issued to a host last; empty where none was since all that it had was voided. */
  public Optional<UuidV7> newestArtifact(AkName akName) throws LedgerException {
    return store.read(statements -> new StateReads(statements).newestArtifact(akName));
  }

  /** What {@link StateChange.VoidArtifacts} would revoke. */
  public LiveArtifacts liveArtifacts(AkName akName) throws LedgerException {
    return store.read(statements -> new StateReads(statements).live(akName, clock.instant()));
  }

  /** Whether a host has an artifact that a leaf before this one decided for, and that stands. */
  public boolean hasArtifactBefore(AkName akName, long leafIndex) throws LedgerException {
    return store.read(
        statements -> new StateReads(statements).isLiveBefore(akName, leafIndex, clock.instant()));
  }

  /**
   * What revokes all that stands of a scope, and all that was issued under it: one change, or where it is very
   * much one after the other, each for an entry of its own.
   */
  public List<StateChange> revocationsOf(ArtifactScope scope) throws LedgerException {
    return store.read(
        statements ->
            new ScopeReads(statements).revocations(scope, clock.instant(), ScopeReads.AT_ONCE));
  }

  /** What {@link #revocationsOf} would revoke. */
  public LiveArtifacts liveArtifacts(ArtifactScope scope) throws LedgerException {
    return store.read(statements -> new ScopeReads(statements).live(scope, clock.instant()));
  }

  /** Some hosts that are not active and have artifacts that neither ended nor are revoked. */
  public List<AkName> inactiveHolders(int most) throws LedgerException {
    return store.read(
        statements -> new ScopeReads(statements).inactiveHolders(clock.instant(), most));
  }

  /** Leaves of some artifacts that neither ended nor are revoked, and stand under one that is revoked. */
  public List<Long> orphans(int most) throws LedgerException {
    return store.read(statements -> new ScopeReads(statements).orphans(clock.instant(), most));
  }

  /** Places of revocations from one leaf on and before another, signed or not yet, highest first. */
  public List<Long> newestRevocations(long from, long before, int most) throws LedgerException {
    return store.read(
        statements -> new StateReads(statements).newestRevocations(from, before, most));
  }

  /** What the leaf at {@code index} withdraws by a scope; empty where nobody can say that any more. */
  public Optional<ArtifactScope> artifactsOf(long index, RevokedScope scope)
      throws LedgerException {
    return store.read(statements -> new ScopeDerivation(statements).scope(index, scope));
  }

  /** What was issued under a break-glass, is revoked, and would not have ended yet. */
  public LiveArtifacts revokedOfBreakglass() throws LedgerException {
    return store.read(statements -> new BreakglassArtifacts(statements).revoked(clock.instant()));
  }

  /** The boot logs that are kept of a host, newest first. */
  @Override
  public List<KeptBootLog> bootLogs(AkName akName) throws LedgerException {
    return store.read(statements -> new BootLogs(statements).of(akName));
  }

  /**
   * Whether a boot log of a host is kept: one that led to this, of this boot.
   *
   * @param boot the TPM's reset count
   */
  public boolean keepsBootLog(AkName akName, KeptBootLog.Decision decision, long boot)
      throws LedgerException {
    return store.read(statements -> new BootLogs(statements).keeps(akName, decision, boot));
  }

  /** The host's key that was certified under this name (SHA-256 of its TPM Name). */
  @Override
  public Optional<InstanceKey> instanceKey(AkName akName, Hash keyName) throws LedgerException {
    return store.read(statements -> new StateReads(statements).instanceKey(akName, keyName));
  }

  /** The policy set in force; empty before the first. */
  @Override
  public Optional<PolicyEpoch> policyEpoch() throws LedgerException {
    return store.read(statements -> new StateReads(statements).epoch());
  }

  /** The policy set that was in force under this number. */
  @Override
  public Optional<PolicyEpoch> policyEpoch(long epoch) throws LedgerException {
    return store.read(statements -> new StateReads(statements).epoch(epoch));
  }

  /** The mode of the service. */
  public GovernanceMode governanceMode() throws LedgerException {
    return store.read(statements -> new GovernanceRows(statements).mode());
  }

  /** The modes that the service was in, one for each leaf that changed it, in order. */
  @Override
  public List<GovernanceMode> governanceModes() throws LedgerException {
    return store.read(statements -> new GovernanceRows(statements).modes());
  }

  /** The newest uses of break-glass, newest first, at most 1000. */
  public List<BreakglassUse> breakglassUses() throws LedgerException {
    return store.read(statements -> new GovernanceRows(statements).uses());
  }

  /** The uses of break-glass that nobody reviewed, oldest first, at most 1000. */
  public List<BreakglassUse> unreviewedBreakglass() throws LedgerException {
    return store.read(statements -> new GovernanceRows(statements).unreviewed());
  }

  /** The key of the service with this thumbprint. */
  public Optional<SigningKey> key(Hash kid) throws LedgerException {
    return store.read(statements -> new StateReads(statements).key(kid));
  }

  /** All keys of the service, of whatever state. */
  @Override
  public List<SigningKey> keys() throws LedgerException {
    return store.read(statements -> new StateReads(statements).keys());
  }

  /** The artifact that was issued under this identity. */
  @Override
  public Optional<IssuedArtifact> artifact(UuidV7 jti) throws LedgerException {
    return store.read(statements -> new StateReads(statements).artifact(jti));
  }

  /** Under which artifact another was issued; empty for one that was issued under none. */
  @Override
  public Optional<Descent> descent(UuidV7 jti) throws LedgerException {
    return store.read(statements -> new DescentRows(statements).of(jti));
  }

  @Override
  public List<Long> childrenBefore(UuidV7 begun, long leafIndex, int most) throws LedgerException {
    return store.read(statements -> new DescentRows(statements).before(begun, leafIndex, most));
  }

  /** All artifacts under another that have not ended, revoked or not. */
  public LiveArtifacts descendants(UuidV7 jti) throws LedgerException {
    return store.read(statements -> new DescentRows(statements).descendants(jti, clock.instant()));
  }

  /** How many uses all draw together of the execution that began with an artifact. */
  public long delegatedUses(UuidV7 begun) throws LedgerException {
    return store.read(statements -> new DescentRows(statements).drawn(begun));
  }

  /** How often the artifact was used here. */
  public long uses(UuidV7 jti) throws LedgerException {
    return store.read(statements -> new StateReads(statements).uses(jti));
  }

  /** The leaf by which a question took a use of an artifact here. */
  public OptionalLong use(UuidV7 jti, Hash asked) throws LedgerException {
    return store.read(statements -> new StateReads(statements).use(jti, asked));
  }

  /** What was reported on an artifact under this key, in the statement with this digest. */
  public Optional<RecordedOutcome> outcome(UuidV7 jti, Hash reporterKid, Hash statementDigest)
      throws LedgerException {
    return store.read(
        statements -> new StateReads(statements).outcome(jti, reporterKid, statementDigest));
  }

  /** The invitation with this digest of its secret. */
  public Optional<Invitation> invitation(Hash digest) throws LedgerException {
    return store.read(statements -> new StateReads(statements).invitation(digest));
  }

  /**
   * The approvals of a request under a policy that are not used and hold at {@code at}, oldest first; no
   * more than {@link RecordedApproval#MAX_OPEN}. {@link StateChange.UseApproval} alone decides who uses one.
   */
  public List<RecordedApproval> openApprovals(Hash request, Hash policy, Instant at)
      throws LedgerException {
    return store.read(statements -> new ApprovalRows(statements).open(request, policy, at));
  }

  /** Those that were recorded before a leaf and held at {@code at}, used or not, oldest first. */
  @Override
  public List<RecordedApproval> approvalsBefore(
      long leafIndex, Hash request, Hash policy, Instant at) throws LedgerException {
    return store.read(
        statements -> new ApprovalRows(statements).before(request, policy, at, leafIndex));
  }

  /** All operations that have not ended, past their end in time or not, oldest first. */
  public List<OperationRecord> openOperations() throws LedgerException {
    return store.read(statements -> new OperationReads(statements).open());
  }

  /** The operation that was proposed under this digest. */
  public Optional<OperationRecord> operation(Hash digest) throws LedgerException {
    return store.read(statements -> new OperationReads(statements).operation(digest));
  }

  /**
   * The operations that were proposed last, newest first.
   *
   * @param limit how many at most, 1 to 1000
   */
  public List<OperationRecord> operations(int limit) throws LedgerException {
    requireLimit(limit);
    return store.read(statements -> new OperationReads(statements).newest(limit));
  }

  /**
   * Likewise, of those that ended so.
   *
   * @param limit how many at most, 1 to 1000
   */
  public List<OperationRecord> operations(OperationEnd end, int limit) throws LedgerException {
    requireLimit(limit);
    return store.read(statements -> new OperationReads(statements).newestEnded(end, limit));
  }

  private static void requireLimit(int limit) {
    if (limit < 1 || limit > MAX_OPERATIONS) {
      throw new IllegalArgumentException("a limit must be from 1 to 1000, was " + limit);
    }
  }

  /** The trust file that was published under this version. */
  @Override
  public Optional<PublishedTrust> trustFile(long version) throws LedgerException {
    return store.read(statements -> new TrustFiles(statements).version(version));
  }

  /** The trust file of the greatest version that was published. */
  @Override
  public Optional<PublishedTrust> latestTrust() throws LedgerException {
    return store.read(statements -> new TrustFiles(statements).latest());
  }

  /** The trust file that was put in force last. */
  @Override
  public Optional<PublishedTrust> trustInForce() throws LedgerException {
    return store.read(statements -> new TrustFiles(statements).inForce());
  }

  /** The leaf of the newest {@link StateChange.RecordStart start} that was recorded. */
  public OptionalLong newestStart() throws LedgerException {
    return store.read(statements -> new StateReads(statements).newestStart());
  }

  /**
   * The greatest time of any leaf, or of any from an {@linkplain StateChange.AcceptClock accepted clock}
   * on; a clock behind it was set back. Empty while there is no leaf.
   */
  public Optional<Instant> newestLeafTime() throws LedgerException {
    return store.read(statements -> new TreeReads(statements).newestTime());
  }

  /** Numbers of the lists in which an index may still count, lowest first. */
  public List<Integer> statusLists() throws LedgerException {
    return store.read(statements -> new StatusLists(statements).inUse(clock.instant()));
  }
}
