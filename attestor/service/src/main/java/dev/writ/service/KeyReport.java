// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.JwkThumbprint;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.hsm.Ed25519Key;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.KeySpec;
import dev.writ.hsm.KeyStorage;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.OperationRecord;
import dev.writ.ledger.SigningKey;
import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * The inventory of keys as it is: what the token has, beside what the ledger says of it. And what was put
 * before operators.
 */
final class KeyReport {
  private static final int MOST_OPERATIONS = 100;

  private final Operations operations;
  private final WorkPool hsm;
  private final Ledger ledger;
  private final TrustFiles trust;
  private final KeysInUse keys;
  private final KeyGenerations generations;
  private final KeySteps steps;

  KeyReport(
      Operations operations,
      WorkPool hsm,
      Ledger ledger,
      TrustFiles trust,
      KeysInUse keys,
      KeyGenerations generations,
      KeySteps steps) {
    this.operations = operations;
    this.hsm = hsm;
    this.ledger = ledger;
    this.trust = trust;
    this.keys = keys;
    this.generations = generations;
    this.steps = steps;
  }

  /**
   * A key.
   *
   * @param role its role's name
   * @param names by which the token knows it; absent where the token has it no more, or never had it
   * @param kid RFC 7638 thumbprint; absent of a key that is not whole
   * @param storage where its private half is; absent of a key that is gone
   * @param replicated whether the token's replica has it, too; absent where there is none, and of keys that
   *     are not in use
   * @param known what the ledger says of it; absent of one that no ledger was told of
   */
  record Row(
      String role,
      Optional<KeySpec> names,
      Optional<Hash> kid,
      Optional<KeyStorage> storage,
      Optional<Boolean> replicated,
      Optional<SigningKey> known) {}

  /** What became of a question. */
  sealed interface Outcome<T> {
    /** The answer. */
    record Given<T>(T value) implements Outcome<T> {}

    /** None. */
    record Denied<T>(Denial denial) implements Outcome<T> {}
  }

  /** All keys, by role, the oldest first. */
  CompletionStage<Outcome<List<Row>>> keys() {
    return ask("a list of keys", this::rows);
  }

  private List<Row> rows() throws LedgerException {
    Map<Hash, SigningKey> known = new HashMap<>();
    ledger.keys().forEach(key -> known.put(key.kid(), key));
    List<Row> rows = new ArrayList<>();
    Set<Hash> there = new HashSet<>();
    try {
      for (KeyRole role : KeyRole.values()) {
        for (KeySpec spec : generations.all(role)) {
          Optional<Hash> kid = KeysInUse.kid(keys.token(), spec);
          kid.ifPresent(there::add);
          rows.add(row(role.wire(), spec, kid, known));
        }
        known.values().stream()
            .filter(key -> key.role() == role && !there.contains(key.kid()))
            .filter(key -> !keys.atStart().isEd25519(key.kid()))
            .forEach(
                key ->
                    rows.add(
                        new Row(
                            role.wire(),
                            Optional.empty(),
                            Optional.of(key.kid()),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.of(key))));
      }
    } catch (HsmException e) {
      throw new DeniedException(new Signing.Failed(e).denial());
    }
    keys.atStart().checkpointEd25519().ifPresent(key -> rows.add(second(key, known)));
    return rows;
  }

  private Row second(Ed25519Key key, Map<Hash, SigningKey> known) {
    String role = key.spec().role().wire();
    Hash kid = JwkThumbprint.ofEd25519(key.point());
    if (key.storage() == KeyStorage.TOKEN) {
      return row(role, key.spec(), Optional.of(kid), known);
    }
    return new Row(
        role,
        Optional.empty(),
        Optional.of(kid),
        Optional.of(key.storage()),
        Optional.empty(),
        Optional.ofNullable(known.get(kid)));
  }

  private Row row(String role, KeySpec spec, Optional<Hash> kid, Map<Hash, SigningKey> known) {
    return new Row(
        role,
        Optional.of(spec),
        kid,
        Optional.of(KeyStorage.TOKEN),
        keys.token().isReplicated(spec),
        kid.map(known::get));
  }

  /** The newest operations, the newest first. */
  CompletionStage<Outcome<List<OperationRecord>>> operations() {
    return ask("a list of operations", () -> ledger.operations(MOST_OPERATIONS));
  }

  /** One operation. */
  CompletionStage<Outcome<OperationRecord>> operation(Hash digest) {
    return ask(
        "an operation",
        () ->
            ledger
                .operation(digest)
                .orElseThrow(
                    () ->
                        new DeniedException(
                            new Denial(
                                DenialCode.ARTIFACT_MISSING,
                                "operation_unknown",
                                "the operation must have been proposed here, and was not"))));
  }

  /** How many approvals an operation takes. */
  int threshold() {
    return trust.newest().content().operators().threshold();
  }

  /** Has a key take its next step before its time brings it. */
  CompletionStage<Outcome<Hash>> step(Hash kid, KeySteps.Asked asked) {
    return ask(
        "a key's step",
        () -> {
          steps.ask(kid, asked);
          KeyState state = ledger.key(kid).orElseThrow().state();
          if (state != (asked == KeySteps.Asked.ACTIVATE ? KeyState.ACTIVE : KeyState.RETIRED)) {
            throw new DeniedException(
                Denial.unavailable(
                    "step_not_taken",
                    "the ledger must take the step, and has not; its log says why"));
          }
          return kid;
        });
  }

  private <T> CompletionStage<Outcome<T>> ask(String step, WorkPool.Work<T> work) {
    return operations.begin(
        step, () -> hsm.submit(work).thenApply(Outcome.Given::new), Outcome.Denied::new);
  }
}
