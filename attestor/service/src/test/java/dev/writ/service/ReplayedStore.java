// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.TrustFile;
import dev.writ.evidence.EndorsementTrust;
import dev.writ.ledger.StoreConfig;
import dev.writ.ledger.StoredLedger;
import dev.writ.service.Replayed.Standing;
import dev.writ.service.Replayed.Step;
import java.nio.charset.StandardCharsets;
import java.security.Signature;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** A store whose decisions are decided once more, and which somebody changes. */
final class ReplayedStore {
  private final StoreConfig store;
  private final ServiceIdentity identity;
  private final TrustFile trust;
  private final EndorsementTrust makers;
  private final Opening opening;

  /** A connection to the store. */
  @FunctionalInterface
  interface Opening {
    Connection open() throws Exception;
  }

  ReplayedStore(
      StoreConfig store,
      ServiceIdentity identity,
      TrustFile trust,
      EndorsementTrust makers,
      Opening opening) {
    this.store = store;
    this.identity = identity;
    this.trust = trust;
    this.makers = makers;
    this.opening = opening;
  }

  static ReplayedStore of(Deployment deployment) {
    return new ReplayedStore(
        deployment.storeConfig(),
        Deployment.IDENTITY,
        deployment.trust(),
        deployment.makers.trust(),
        deployment::store);
  }

  /** The same, replayed by who believes another trust file. */
  ReplayedStore believing(TrustFile other) {
    return new ReplayedStore(store, identity, other, makers, opening);
  }

  /** Replays one leaf, with nothing remembered of another. */
  Replayed replay(long index) throws Exception {
    try (StoredLedger ledger = open()) {
      return replay(ledger)
          .on(ledger.leaf(index).orElseThrow(), ledger.payload(index))
          .orElseThrow();
    }
  }

  StoredLedger open() throws Exception {
    return StoredLedger.open(store, InstantSource.system());
  }

  Replay replay(StoredLedger ledger) throws Exception {
    return new Replay(
        ledger, identity, trust, makers, Signature.getInstance("SHA256withECDSA").getProvider());
  }

  /** Replays all, and counts. */
  ReplayCounts all(int threads) throws Exception {
    ReplayCounts counts = new ReplayCounts();
    try (StoredLedger ledger = open()) {
      new StoredRange(ledger, 0, ledger.size())
          .run(threads, replay(ledger), counts::add, done -> {});
    }
    return counts;
  }

  /**
   * What a replay of a leaf says while a column of a row is another; then it is put back.
   *
   * @param where the row, such as {@code payload WHERE leaf_index = 3}
   */
  Replayed with(String where, String column, UnaryOperator<byte[]> change, long index)
      throws Exception {
    byte[] was = read(where, column);
    write(where, column, change.apply(was));
    try {
      return replay(index);
    } finally {
      write(where, column, was);
    }
  }

  private byte[] read(String where, String column) throws Exception {
    try (Connection connection = opening.open();
        PreparedStatement select =
            connection.prepareStatement("SELECT " + column + " FROM " + where);
        ResultSet row = select.executeQuery()) {
      if (!row.next()) {
        throw new AssertionError("there must be a row of " + where);
      }
      return row.getBytes(1);
    }
  }

  private void write(String where, String column, byte[] bytes) throws Exception {
    String[] parts = where.split(" WHERE ");
    try (Connection connection = opening.open();
        PreparedStatement update =
            connection.prepareStatement(
                "UPDATE " + parts[0] + " SET " + column + " = ? WHERE " + parts[1])) {
      update.setBytes(1, bytes);
      if (update.executeUpdate() != 1) {
        throw new AssertionError("there must be one row of " + where);
      }
    }
  }

  /** Replaces the first of a text in bytes. */
  static UnaryOperator<byte[]> replacing(String text, String by) {
    return bytes -> {
      String before = new String(bytes, StandardCharsets.ISO_8859_1);
      if (!before.contains(text)) {
        throw new AssertionError(text + " must be in " + before);
      }
      int at = before.indexOf(text);
      return (before.substring(0, at) + by + before.substring(at + text.length()))
          .getBytes(StandardCharsets.ISO_8859_1);
    };
  }

  /** Flips a bit in the middle of a member whose value is base64url. */
  static UnaryOperator<byte[]> flippingIn(String member) {
    return bytes -> {
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      int from = text.indexOf("\"" + member + "\":\"");
      if (from < 0) {
        throw new AssertionError(member + " must be in " + text);
      }
      int start = from + member.length() + 4;
      int middle = (start + text.indexOf('"', start)) / 2;
      byte[] changed = bytes.clone();
      changed[middle] = (byte) (changed[middle] == 'A' ? 'B' : 'A');
      return changed;
    };
  }

  /** The steps that did not come out the same, as {@code step outcome detail}. */
  static List<String> notSame(Replayed replayed) {
    List<String> lines = new ArrayList<>();
    for (Step step : replayed.steps()) {
      if (!(step.outcome() instanceof StepOutcome.Same)) {
        lines.add(step.step().wire() + " " + step.outcome().word() + " " + step.outcome().detail());
      }
    }
    return lines;
  }

  static Optional<StepOutcome> outcome(Replayed replayed, ReplayStep step) {
    return replayed.steps().stream()
        .filter(each -> each.step() == step)
        .map(Step::outcome)
        .findFirst();
  }

  /** Whether all that was recorded is as it was. */
  static boolean isSame(Replayed replayed) {
    return replayed.standing() == Standing.SAME;
  }
}
