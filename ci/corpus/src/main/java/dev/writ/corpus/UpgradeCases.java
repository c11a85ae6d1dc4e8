// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.artifact.AkName;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.UuidV7;
import dev.writ.corpus.ServiceUnderTest.Reply;
import dev.writ.fixtures.SoftwareTpmKey;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.HostState;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.Precondition;
import dev.writ.ledger.ReportedState;
import dev.writ.ledger.SqliteConfig;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.KeyPairNoteSigner;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.ProofOutcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * 92: what a store of the first version holds, after a later Writ brought it up. What held there still
 * does, in what it allows and in what it denies; what cannot be verified any more is denied.
 */
final class UpgradeCases {
  private static final String ORIGIN = "log.example/corpus";
  private static final Instant NOW = CorpusCa.NOW;
  private static final Instant LATER = NOW.plusSeconds(600);

  private final ServiceUnderTest service;

  UpgradeCases(ServiceUnderTest service) {
    this.service = service;
  }

  List<NegativeCase> cases() {
    String title = "old stored record after an upgrade";
    return List.of(
        new NegativeCase(92, Level.VERIFIER, title, this::store),
        new NegativeCase(
            92,
            Level.SERVICE,
            title,
            tries -> {
              if (service.isOurs()) {
                served(tries);
              } else {
                tries.skip(service.absence());
              }
            }));
  }

  /** A store, its signer, and what was put into it. */
  private static final class Store {
    private final Path folder;
    private final NoteSigner signer;
    private final SecureRandom random = new SecureRandom();
    private final StateChange.RegisterHost active = host("active");
    private final StateChange.RegisterHost revoked = host("revoked");
    private final StateChange.ConsumeNonce used =
        new StateChange.ConsumeNonce(digest("nonce"), LATER);
    private final UuidV7 artifact = uuid();
    private final UuidV7 withdrawn = uuid();
    private final StateChange.RecordOutcome outcome =
        new StateChange.RecordOutcome(
            artifact, digest("reporter"), ReportedState.OK, digest("statement"), 1);
    private final StateChange.AddInvitation invitation =
        new StateChange.AddInvitation(digest("invitation"), "active", LATER);

    Store(Path folder) throws Exception {
      this.folder = folder;
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      this.signer = KeyPairNoteSigner.of(ORIGIN, generator.generateKeyPair());
    }

    private UuidV7 uuid() {
      return UuidV7.next(InstantSource.system(), random);
    }

    private static StateChange.RegisterHost host(String name) {
      return new StateChange.RegisterHost(
          AkName.of(CorpusKey.attestation().area.name()),
          digest("ek of " + name),
          name,
          CorpusKey.attestation().area.encode());
    }

    private static Hash digest(String of) {
      return Hash.sha256(of.getBytes(StandardCharsets.UTF_8));
    }

    Ledger open() throws LedgerException {
      return Ledger.open(
          SqliteConfig.in(folder), ORIGIN, List.of(signer), InstantSource.fixed(NOW));
    }

    /** Whether the store can be opened. */
    Observed opened() {
      try {
        open().close();
        return Observed.ACCEPTED;
      } catch (LedgerException e) {
        return Observed.refused(e.code());
      }
    }

    Entry entry(StateChange... changes) {
      Hash any = digest("any");
      Commitment commitment = new Commitment(any);
      LeafBody body =
          new LeafBody.DecisionAllow(
              uuid(), any, any, any, any, 1, commitment, commitment, commitment);
      return Entry.of(Leaf.of(NOW, uuid(), List.of(), body), changes);
    }

    /** What one version of Writ puts into it. */
    void fill() throws Exception {
      try (Ledger ledger = open()) {
        for (StateChange change :
            List.of(
                invitation,
                new StateChange.RedeemInvitation(invitation.digest(), "active"),
                active,
                revoked,
                new StateChange.SetHostState(revoked.akName(), HostState.REVOKED),
                used,
                new StateChange.RecordArtifact(artifact, LATER, Optional.empty()),
                new StateChange.RecordArtifact(withdrawn, LATER, Optional.empty()),
                new StateChange.RevokeArtifact(withdrawn),
                outcome)) {
          Observed done = committed(ledger, entry(change));
          if (!done.equals(Observed.ACCEPTED)) {
            throw new IllegalStateException("bug: " + change + " ended in " + done);
          }
        }
      }
    }
  }

  private static Observed committed(Ledger ledger, Entry entry) {
    CommitOutcome outcome = ledger.commit(entry).toCompletableFuture().join();
    if (outcome instanceof CommitOutcome.Receipt) {
      return Observed.ACCEPTED;
    } else if (outcome instanceof CommitOutcome.Refused refused) {
      return Observed.refused(refused.why().name().toLowerCase(Locale.ROOT));
    } else if (outcome instanceof CommitOutcome.Replayed) {
      return Observed.refused("replayed");
    } else if (outcome instanceof CommitOutcome.Superseded) {
      return Observed.refused("superseded");
    }
    throw new IllegalStateException("an entry must be answered, was " + outcome);
  }

  private void store(Tries tries) throws Exception {
    Path folder = Files.createTempDirectory("writ-corpus");
    try {
      Store store = new Store(folder);
      store.fill();
      OlderStore.rewrite(folder);
      try (Ledger ledger = store.open()) {
        records(tries, store, ledger);
        lineage(tries, ledger);
      }
      OlderStore.rewrite(folder);
      OlderStore.change(folder, "UPDATE leaf SET bytes = x'7b7d' WHERE leaf_index = 3");
      tries.refused("a leaf that is not the one that was hashed", "ledger", store::opened);
      OlderStore.change(folder, "INSERT INTO schema_version (version) VALUES (1000)");
      tries.refused("a store of a version to come", "ledger", store::opened);
    } finally {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }

  /** Old records in the decisions of the Writ that brought them up. */
  private static void records(Tries tries, Store store, Ledger ledger) {
    Entry decision = store.entry();
    Precondition active = new Precondition.HostActive(store.active.akName());
    Precondition revoked = new Precondition.HostActive(store.revoked.akName());
    tries.accepted("an enrolled host", () -> committed(ledger, decision.given(active)));
    tries.refused("a revoked host", "superseded", () -> committed(ledger, decision.given(revoked)));
    tries.refused(
        "a revoked host, to be active again",
        "host_revoked",
        () ->
            committed(
                ledger,
                store.entry(
                    new StateChange.SetHostState(store.revoked.akName(), HostState.ACTIVE))));
    tries.refused("a used nonce", "replayed", () -> committed(ledger, store.entry(store.used)));
    tries.refused(
        "a used invitation",
        "invitation_spent",
        () ->
            committed(
                ledger,
                store.entry(
                    new StateChange.RedeemInvitation(store.invitation.digest(), "active"))));
    tries.refused(
        "an endorsement key under another name",
        "ek_taken",
        () ->
            committed(
                ledger,
                store.entry(
                    new StateChange.RegisterHost(
                        AkName.of(CorpusKey.attestation().area.name()),
                        store.active.ekDigest(),
                        "another",
                        new byte[1]))));
    tries.accepted(
        "a live artifact as a parent",
        () -> committed(ledger, decision.given(new Precondition.ParentLive(store.artifact))));
    tries.refused(
        "a revoked artifact as a parent",
        "superseded",
        () -> committed(ledger, decision.given(new Precondition.ParentLive(store.withdrawn))));
    tries.refused(
        "one report more than the artifact allows",
        "outcome_taken",
        () ->
            committed(
                ledger,
                store.entry(
                    new StateChange.RecordOutcome(
                        store.artifact,
                        store.outcome.reporterKid(),
                        ReportedState.FAILED,
                        Store.digest("another statement"),
                        1))));
    tries.refused(
        "an artifact's identity again",
        "jti_taken",
        () ->
            committed(
                ledger,
                store.entry(
                    new StateChange.RecordArtifact(store.artifact, LATER, Optional.empty()))));
  }

  /** Old leaves under the newest head. */
  private static void lineage(Tries tries, Ledger ledger) throws Exception {
    Checkpoint head = Checkpoint.parse(ledger.checkpoint().text());
    for (long index : new long[] {0, 3, 9}) {
      Leaf leaf = ledger.leaf(index).orElseThrow();
      InclusionProof proof = ledger.inclusionProof(index, head.size()).orElseThrow();
      tries.accepted("leaf " + index, () -> included(proof, leaf.hash(), head.root()));
      tries.refused(
          "another leaf than " + index,
          "not_included",
          () -> included(proof, Store.digest("another"), head.root()));
    }
  }

  private static Observed included(InclusionProof proof, Hash leaf, Hash root) {
    return proof.verify(leaf, root) instanceof ProofOutcome.Proven
        ? Observed.ACCEPTED
        : Observed.refused("not_included");
  }

  /** A service that is started on a store of the first version. */
  private void served(Tries tries) throws Exception {
    CorpusHost host = service.enrolledHost();
    CorpusHost weak = service.newHost();
    byte[] spare = weak.invitation();
    CorpusHost.require(201, weak.enrol());
    byte[] challenge = host.challenge();
    tries.accepted(
        "before", () -> service.post("/v1/artifacts", host.application(challenge)).observed());
    tries.accepted("before, another host", () -> weak.attest().observed());
    byte[] pending = host.challenge();
    service.own().stop();
    OlderStore.rewrite(service.own().ledgerFolder());
    // Enrolled by rules that are no longer: a key that signs what it is given.
    String area = HexFormat.of().formatHex(SoftwareTpmKey.instance().publicArea());
    String name = HexFormat.of().formatHex(weak.akNameBytes());
    OlderStore.change(
        service.own().ledgerFolder(),
        "UPDATE host SET ak_public = x'" + area + "' WHERE ak_name = x'" + name + "'");
    service.own().start();
    service.own().awaitReady(ServiceUnderTest.READY);
    tries.refused(
        "a challenge that was used before",
        "challenge_used",
        () -> service.post("/v1/artifacts", host.application(challenge)).observed());
    tries.accepted(
        "a challenge from before",
        () -> service.post("/v1/artifacts", host.application(pending)).observed());
    tries.accepted("a host that is enrolled", () -> host.attest().observed());
    tries.refused(
        "a host whose record cannot be verified any more", () -> unverifiable(weak.ask()));
    tries.refused(
        "its name for another TPM, by an invitation from before",
        "host_name_taken",
        () -> weak.impostor().enrol(spare).observed());
  }

  /** What could not be decided is a denial {@code unverifiable}. */
  private static Observed unverifiable(Reply reply) throws IOException {
    if (reply.status() < 500 || !reply.required("code").equals("unverifiable")) {
      throw new IOException("the answer must be unverifiable, was " + reply);
    }
    return reply.observed();
  }
}
