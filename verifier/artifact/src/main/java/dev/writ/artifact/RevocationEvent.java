// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a gateway is told of a revocation: its leaf, and the proof that a signed tree holds it. It proves
 * itself, so that whoever brings it need not be believed.
 *
 * @param leaf the leaf's bytes, not yet read
 * @param tlogProof the {@code c2sp.org/tlog-proof@v1} text, verbatim
 */
public record RevocationEvent(byte[] leaf, String tlogProof) {
  /** Longest event accepted, in bytes. */
  public static final int MAX_BYTES = 96 * 1024;

  /**
   * The event as given.
   *
   * @throws IllegalArgumentException if a part is longer than a verifier accepts
   */
  public RevocationEvent {
    Require.between("leaf", leaf.length, 1, Leaf.MAX_BYTES);
    Require.between("tlogProof", tlogProof.length(), 1, ProofBundle.MAX_PROOF);
    leaf = leaf.clone();
  }

  /** The event that {@code json} spells; members unknown to this format are refused. */
  public static RevocationEvent parse(byte[] json) throws MalformedBundleException {
    try {
      JsonMembers members = StrictJson.parse(json, MAX_BYTES);
      members.version();
      RevocationEvent event =
          new RevocationEvent(ProofBundle.base64(members.text("leaf")), members.text("tlogProof"));
      members.end();
      return event;
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
    return other instanceof RevocationEvent that
        && Arrays.equals(leaf, that.leaf)
        && tlogProof.equals(that.tlogProof);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(leaf) + tlogProof.hashCode();
  }

  @Override
  public String toString() {
    return "revocation event, leaf of " + leaf.length + " bytes";
  }
}
