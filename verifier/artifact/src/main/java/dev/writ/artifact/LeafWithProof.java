// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A leaf, and the proof that a signed tree holds it, in one document: what {@link RedemptionReceipt}s and {@link
 * RevocationEvent}s are on the wire.
 *
 * @param leaf the leaf's bytes, not yet read
 * @param tlogProof the {@code c2sp.org/tlog-proof@v1} text, verbatim
 */
record LeafWithProof(byte[] leaf, String tlogProof) {
  /** Longest document accepted, in bytes. */
  static final int MAX_BYTES = 96 * 1024;

  /**
   * The leaf as given.
   *
   * @throws IllegalArgumentException if a part is longer than a verifier accepts
   */
  LeafWithProof {
    Require.between("leaf", leaf.length, 1, Leaf.MAX_BYTES);
    Require.between("tlogProof", tlogProof.length(), 1, ProofBundle.MAX_PROOF);
    leaf = leaf.clone();
  }

  /** The one that {@code json} spells; members unknown to this format are refused. */
  static LeafWithProof parse(byte[] json) throws MalformedBundleException {
    try {
      JsonMembers members = StrictJson.parse(json, MAX_BYTES);
      members.version();
      LeafWithProof read =
          new LeafWithProof(ProofBundle.base64(members.text("leaf")), members.text("tlogProof"));
      members.end();
      return read;
    } catch (MalformedJsonException e) {
      throw new MalformedBundleException(e);
    } catch (InvalidValueException e) {
      throw new MalformedBundleException(e);
    }
  }

  /** The JSON document, in one line. */
  byte[] toJson() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("leaf", Base64.getEncoder().encodeToString(leaf));
    map.put("tlogProof", tlogProof);
    return Jcs.canonical(map);
  }

  @Override
  public byte[] leaf() {
    return leaf.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LeafWithProof that
        && Arrays.equals(leaf, that.leaf)
        && tlogProof.equals(that.tlogProof);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(leaf) + tlogProof.hashCode();
  }

  @Override
  public String toString() {
    return "leaf of " + leaf.length + " bytes, with proof";
  }
}
