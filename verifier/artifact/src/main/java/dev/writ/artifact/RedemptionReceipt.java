// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/**
 * That the service judged a redemption: the leaf of kind verification, and the proof that a signed tree
 * holds it. {@link BundleVerifier#judgeRedemption} says whether it is an allow for the question that was
 * asked.
 */
public final class RedemptionReceipt {
  /** Longest receipt accepted, in bytes. */
  public static final int MAX_BYTES = LeafWithProof.MAX_BYTES;

  private final LeafWithProof document;

  private RedemptionReceipt(LeafWithProof document) {
    this.document = document;
  }

  /**
   * The receipt as given.
   *
   * @param leaf the leaf's bytes, not yet read
   * @param tlogProof the {@code c2sp.org/tlog-proof@v1} text, verbatim
   * @throws IllegalArgumentException if a part is longer than a verifier accepts
   */
  public RedemptionReceipt(byte[] leaf, String tlogProof) {
    this(new LeafWithProof(leaf, tlogProof));
  }

  /** The receipt that {@code json} spells; members unknown to this format are refused. */
  public static RedemptionReceipt parse(byte[] json) throws MalformedBundleException {
    return new RedemptionReceipt(LeafWithProof.parse(json));
  }

  /** The JSON document, in one line. */
  public byte[] toJson() {
    return document.toJson();
  }

  /** The leaf's bytes, not yet read. */
  public byte[] leaf() {
    return document.leaf();
  }

  /** The {@code c2sp.org/tlog-proof@v1} text, verbatim. */
  public String tlogProof() {
    return document.tlogProof();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RedemptionReceipt that && document.equals(that.document);
  }

  @Override
  public int hashCode() {
    return document.hashCode();
  }

  @Override
  public String toString() {
    return "redemption receipt, " + document;
  }
}
