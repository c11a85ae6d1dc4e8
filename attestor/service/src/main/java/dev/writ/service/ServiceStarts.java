// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.HostState;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.ServiceStart;
import dev.writ.artifact.StartBinding;
import dev.writ.artifact.TrustReference;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.Octets;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Host;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.MalformedCheckpointException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TlogProof;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Anchors each start of the service on a host that has a TPM: the TPM's word on the host's state, over
 * what the service is, is verified and in the ledger before anybody is answered.
 */
final class ServiceStarts {
  private static final System.Logger LOG = System.getLogger(ServiceStarts.class.getName());

  private final Optional<OwnHost> host;
  private final Ledger ledger;
  private final TrustFiles trust;
  private final KeysInUse keys;
  private final InstantSource clock;
  private final SecureRandom random;

  ServiceStarts(
      Optional<OwnHost> host,
      Ledger ledger,
      TrustFiles trust,
      KeysInUse keys,
      InstantSource clock,
      SecureRandom random) {
    this.host = host;
    this.ledger = ledger;
    this.trust = trust;
    this.keys = keys;
    this.clock = clock;
    this.random = random;
  }

  /**
   * A start that was anchored.
   *
   * @param index of its leaf
   * @param evidence what lies beside it; absent where that was erased
   * @param proof that the newest checkpoint holds the leaf
   * @param bound that its tree goes on from the one to which the quote is bound
   */
  record Anchored(
      long index,
      Leaf leaf,
      Optional<StartEvidence> evidence,
      TlogProof proof,
      ConsistencyProof bound) {}

  /** Anchors this start; without a TPM says that nothing does. */
  void anchor() throws ServiceStartException, LedgerException {
    if (host.isEmpty()) {
      LOG.log(
          System.Logger.Level.INFO,
          "start_not_anchored",
          LogFields.of(
              "message",
              "no TPM is configured: the state of this service's own host is not in the ledger; name"
                  + " token.tpm"));
      return;
    }
    StartBinding binding = binding();
    OwnHost.Quoted quoted = host.get().quote(StartEvidence.PCRS, binding.qualifyingData());
    StartEvidence evidence =
        new StartEvidence(quoted.akPublic(), Octets.of(quoted.evidence().kept()));
    StartOutcome outcome = evidence.quoteOver(binding.qualifyingData());
    if (outcome instanceof StartOutcome.Refused refused) {
      throw new ServiceStartException(
          "this host's TPM must vouch for the start, and its quote does not hold: "
              + refused.message());
    }
    commit(binding, StartEvidence.state(((StartOutcome.Holds) outcome).quote()), evidence);
  }

  private StartBinding binding() throws LedgerException {
    Checkpoint head = checkpoint(ledger.checkpoint());
    return new StartBinding(
        head.origin(),
        head.size(),
        head.root(),
        TrustReference.of(trust.newest()),
        Arrays.stream(KeyRole.values())
            .map(role -> new StartBinding.Key(keys.of(role).kid(), role))
            .toList());
  }

  private static Checkpoint checkpoint(SignedNote note) {
    try {
      return Checkpoint.parse(note.text());
    } catch (MalformedCheckpointException e) {
      throw new IllegalStateException("bug: the ledger signed what is no checkpoint", e);
    }
  }

  private void commit(StartBinding binding, HostState state, StartEvidence evidence)
      throws ServiceStartException, LedgerException {
    List<Hash> parents = new ArrayList<>();
    parents.add(LeafHashes.of(ledger, ledger.key(keys.issuer().kid()).orElseThrow().leafIndex()));
    OptionalLong before = ledger.newestStart();
    Optional<AkName> previous = Optional.empty();
    if (before.isPresent()) {
      Leaf leaf = leaf(before.getAsLong());
      parents.add(leaf.hash());
      previous =
          Optional.of(start(leaf).host().akName()).filter(name -> !name.equals(state.akName()));
    }
    Optional<Host> enrolled = ledger.host(state.akName());
    if (enrolled.isPresent()) {
      parents.add(LeafHashes.of(ledger, enrolled.get().leafIndex()));
    }
    Leaf leaf =
        Leaf.of(
            Instant.ofEpochMilli(clock.millis()),
            UuidV7.next(clock, random),
            parents,
            new ServiceStart(binding, state, Hash.sha256(evidence.evidence().bytes()), previous));
    CommitOutcome outcome =
        ledger
            .commit(
                Entry.of(leaf, new StateChange.RecordStart())
                    .withPayload(Payload.start(evidence, Commitment.newSalt(random))))
            .toCompletableFuture()
            .join();
    if (!(outcome instanceof CommitOutcome.Receipt receipt)) {
      throw new ServiceStartException(
          "the ledger must take the TPM's word on this start, and did not ("
              + outcome
              + "); start again once it can");
    }
    say(receipt.index(), state, previous);
  }

  private static void say(long index, HostState state, Optional<AkName> previous) {
    LogFields fields = LogFields.of("leaf_index", index, "ak_name", state.akName().base64Url());
    LOG.log(System.Logger.Level.INFO, "start_anchored", fields);
    if (previous.isPresent()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "start_tpm_changed",
          fields
              .and("previous_ak_name", previous.get().base64Url())
              .and(
                  "message",
                  "the attestation key must be the one of the start before, and is another: the host's"
                      + " TPM was replaced or cleared, or the service moved; find out which"));
    }
  }

  private Leaf leaf(long index) throws LedgerException {
    return ledger
        .leaf(index)
        .orElseThrow(
            () -> new IllegalStateException("bug: state points to leaf " + index + ", not there"));
  }

  private static ServiceStart start(Leaf leaf) {
    if (leaf.body() instanceof ServiceStart start) {
      return start;
    }
    throw new IllegalStateException("bug: a start was recorded with a leaf of another");
  }

  /** The newest start that is anchored: this process's, where it has a TPM. */
  Optional<Anchored> newest() throws LedgerException {
    OptionalLong index = ledger.newestStart();
    if (index.isEmpty()) {
      return Optional.empty();
    }
    long at = index.getAsLong();
    SignedNote note = ledger.checkpoint();
    InclusionProof inclusion =
        ledger
            .inclusionProof(at, checkpoint(note).size())
            .orElseThrow(
                () -> new IllegalStateException("bug: a start was recorded and is in no tree"));
    Leaf leaf = leaf(at);
    ConsistencyProof bound =
        ledger
            .consistencyProof(start(leaf).binding().treeSize(), inclusion.treeSize())
            .orElseThrow(
                () -> new IllegalStateException("bug: a start is bound to a tree that never was"));
    Optional<byte[]> payload = ledger.payload(at);
    try {
      return Optional.of(
          new Anchored(
              at,
              leaf,
              payload.isPresent() ? Optional.of(Payload.start(payload.get())) : Optional.empty(),
              TlogProof.of(inclusion, note),
              bound));
    } catch (MalformedJsonException e) {
      throw new DeniedException(
          Denial.unavailable(
              Denial.PAYLOAD_CONTRADICTS,
              "what lies beside leaf "
                  + at
                  + " must be the evidence of a start, and is not: the store was changed"));
    }
  }
}
