// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/**
 * What a gateway is told of a revocation: its leaf, and the proof that a signed tree holds it. It proves
 * itself, so that whoever brings it need not be believed.
 */
public final class RevocationEvent {
  /** Longest event accepted, in bytes. */
  public static final int MAX_BYTES = LeafWithProof.MAX_BYTES;

  private final LeafWithProof document;

  private RevocationEvent(LeafWithProof document) {
    this.document = document;
  }

  /**
   * The event as given.
   *
   * @param leaf the leaf's bytes, not yet read
   * @param tlogProof the {@code c2sp.org/tlog-proof@v1} text, verbatim
   * @throws IllegalArgumentException if a part is longer than a verifier accepts
   */
  public RevocationEvent(byte[] leaf, String tlogProof) {
    this(new LeafWithProof(leaf, tlogProof));
  }

  /** The event that {@code json} spells; members unknown to this format are refused. */
  public static RevocationEvent parse(byte[] json) throws MalformedBundleException {
    return new RevocationEvent(LeafWithProof.parse(json));
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
    return other instanceof RevocationEvent that && document.equals(that.document);
  }

  @Override
  public int hashCode() {
    return document.hashCode();
  }

  @Override
  public String toString() {
    return "revocation event, " + document;
  }
}
