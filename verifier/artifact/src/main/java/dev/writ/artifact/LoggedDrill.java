// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MalformedProofException;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.TlogProof;
import dev.writ.tlog.TrustedCheckpoint;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;

/**
 * A drill's report that the ledger has, with the proof: to be verified with no network. Nothing is
 * believed for standing in it.
 *
 * @param drill the signed report
 * @param leaf the ledger's entry, as received
 * @param tlogProof that the ledger has it, as C2SP's tlog-proof text
 */
public record LoggedDrill(SignedDrill drill, byte[] leaf, String tlogProof) {
  /** Longest one in bytes. */
  public static final int MAX_BYTES = SignedDrill.MAX_BYTES + 2 * Leaf.MAX_BYTES + 64 * 1024;

  /** Whether it holds. */
  public sealed interface Outcome {
    /**
     * It does.
     *
     * @param leaf the ledger's word for it
     * @param index where
     */
    record Holds(Leaf leaf, long index) implements Outcome {}

    /** It does not: what must hold and what was. */
    record Refused(String reason) implements Outcome {}
  }

  /** Copies the bytes. */
  public LoggedDrill {
    leaf = leaf.clone();
  }

  @Override
  public byte[] leaf() {
    return leaf.clone();
  }

  /**
   * Judges it: an operator of the trust file signed the report, a leaf says so, and it is in a tree whose
   * checkpoint the trust file believes.
   */
  public Outcome judge(TrustFile trust, Instant now) {
    DrillReport report = drill.report();
    if (!report.issuer().equals(trust.content().issuer())
        || !report.logOrigin().equals(trust.logOrigin())) {
      return refused(
          "of " + trust.content().issuer() + " and its log " + trust.logOrigin(),
          "of " + report.issuer() + " and " + report.logOrigin());
    }
    if (!drill.isSignedBy(trust.content().operators())) {
      return refused("signed by an operator of the trust file", "not so signed");
    }
    try {
      Leaf read = Leaf.parse(leaf);
      if (!read.body().equals(drill.summary())) {
        return refused("what the leaf sums up", "something else");
      }
      TlogProof proof = TlogProof.parse(tlogProof);
      CheckpointOutcome outcome = BundleVerifier.of(trust).verifyCheckpoint(proof.note(), now);
      if (outcome instanceof CheckpointOutcome.Refused refused) {
        return refused("under a checkpoint that the trust file believes", refused.reason());
      }
      Hash root = ((TrustedCheckpoint) outcome).checkpoint().root();
      return proof.inclusion().verify(read.hash(), root) instanceof ProofOutcome.Proven
          ? new Outcome.Holds(read, proof.index())
          : refused("in the checkpoint's tree", "not proven to be");
    } catch (MalformedLeafException | MalformedProofException e) {
      return refused("with a leaf and its proof", String.valueOf(e.getMessage()));
    }
  }

  private static Outcome refused(String mustBe, String was) {
    return new Outcome.Refused("the report must be " + mustBe + ", and is " + was);
  }

  /** How long ago the drill ended; the leaf may be younger. */
  public Duration age(Instant now) {
    return Duration.between(drill.report().ended(), now);
  }

  /** The logged report that {@code json} spells. */
  public static LoggedDrill parse(byte[] json) throws MalformedDrillReportException {
    try {
      JsonMembers members = StrictJson.parse(json, MAX_BYTES);
      SignedDrill drill = SignedDrill.take(members);
      byte[] leaf = base64(members.text("leaf"));
      LoggedDrill logged = new LoggedDrill(drill, leaf, members.text("tlogProof"));
      members.end();
      return logged;
    } catch (MalformedJsonException e) {
      throw new MalformedDrillReportException(e);
    } catch (InvalidValueException e) {
      throw new MalformedDrillReportException(e);
    }
  }

  private static byte[] base64(String text) {
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new InvalidValueException("leaf", "standard base64", text);
    }
  }

  /** As JSON, in its one spelling. */
  public byte[] toJson() {
    Map<String, Object> map = drill.toMap();
    map.put("leaf", Base64.getEncoder().encodeToString(leaf));
    map.put("tlogProof", tlogProof);
    return Jcs.canonical(map);
  }
}
