// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * That the service judged a redemption: the leaf of kind verification, and the proof that a signed tree
 * holds it. {@link BundleVerifier#judgeRedemption} says whether it is an allow for the question that was
 * asked.
 *
 * @param leaf the leaf's bytes, not yet read
 * @param tlogProof the {@code c2sp.org/tlog-proof@v1} text, verbatim
 */
public record RedemptionReceipt(byte[] leaf, String tlogProof) {
  /** Longest receipt accepted, in bytes. */
  public static final int MAX_BYTES = 96 * 1024;

  /**
   * The receipt as given.
   *
   * @throws IllegalArgumentException if a part is longer than a verifier accepts
   */
  public RedemptionReceipt {
    Require.between("leaf", leaf.length, 1, Leaf.MAX_BYTES);
    Require.between("tlogProof", tlogProof.length(), 1, ProofBundle.MAX_PROOF);
    leaf = leaf.clone();
  }

  /** The receipt that {@code json} spells; members unknown to this format are refused. */
  public static RedemptionReceipt parse(byte[] json) throws MalformedBundleException {
    try {
      JsonMembers members = StrictJson.parse(json, MAX_BYTES);
      members.version();
      RedemptionReceipt receipt =
          new RedemptionReceipt(
              ProofBundle.base64(members.text("leaf")), members.text("tlogProof"));
      members.end();
      return receipt;
    } catch (MalformedJsonException e) {
      throw new MalformedBundleException(e);
    } catch (InvalidValueException e) {
      throw new MalformedBundleException(e);
    }
  }

  /** The JSON document, in one line. */
  public byte[] toJson() {
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
    return other instanceof RedemptionReceipt that
        && Arrays.equals(leaf, that.leaf)
        && tlogProof.equals(that.tlogProof);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(leaf) + tlogProof.hashCode();
  }

  @Override
  public String toString() {
    return "redemption receipt, leaf of " + leaf.length + " bytes";
  }
}
