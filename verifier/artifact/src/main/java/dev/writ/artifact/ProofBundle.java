// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * All that a verifier needs beside its trust file, as received: an artifact, its leaf, and the proof
 * that a signed tree holds the leaf. Nothing in it is believed, and it holds no key.
 *
 * @param artifact the JWS in compact serialization, not yet read
 * @param leaf the leaf's bytes, not yet read
 * @param tlogProof the {@code c2sp.org/tlog-proof@v1} text, verbatim
 * @param statusListToken a Token Status List JWT, where the bundle carries one
 */
public record ProofBundle(
    String artifact, byte[] leaf, String tlogProof, Optional<String> statusListToken) {
  /** The media type, which the bundle itself names first. */
  public static final String MEDIA_TYPE = "application/vnd.writ.proof-bundle.v1+json";

  /** Longest bundle accepted, in bytes. */
  public static final int MAX_BYTES = 128 * 1024;

  static final int MAX_PROOF = 32 * 1024;

  /**
   * The bundle as given.
   *
   * @throws IllegalArgumentException if a part is longer than a verifier accepts
   */
  public ProofBundle {
    Require.between("artifact", artifact.length(), 1, Artifact.MAX_LENGTH);
    Require.between("leaf", leaf.length, 1, Leaf.MAX_BYTES);
    Require.between("tlogProof", tlogProof.length(), 1, MAX_PROOF);
    statusListToken.ifPresent(
        token -> Require.between("statusListToken", token.length(), 1, StatusToken.MAX_LENGTH));
    leaf = leaf.clone();
  }

  /** The bundle that proves {@code artifact} by {@code leaf}. */
  public static ProofBundle of(Artifact artifact, Leaf leaf, String tlogProof) {
    return new ProofBundle(artifact.compact(), leaf.bytes(), tlogProof, Optional.empty());
  }

  /** The same, with the token of the artifact's status list. */
  public static ProofBundle of(
      Artifact artifact, Leaf leaf, String tlogProof, StatusToken statusListToken) {
    return new ProofBundle(
        artifact.compact(), leaf.bytes(), tlogProof, Optional.of(statusListToken.compact()));
  }

  /** The bundle that {@code json} spells; members unknown to this format are refused. */
  public static ProofBundle parse(byte[] json) throws MalformedBundleException {
    try {
      JsonMembers members = StrictJson.parse(json, MAX_BYTES);
      members.constant("mediaType", MEDIA_TYPE);
      ProofBundle bundle =
          new ProofBundle(
              members.text("artifact"),
              base64(members.text("leaf")),
              members.text("tlogProof"),
              members.optionalText("statusListToken"));
      members.end();
      return bundle;
    } catch (MalformedJsonException e) {
      throw new MalformedBundleException(e);
    } catch (InvalidValueException e) {
      throw new MalformedBundleException(e);
    }
  }

  /** Standard base64 with padding (RFC 4648 section 4), in its one spelling. */
  static byte[] base64(String text) throws MalformedBundleException {
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      if (Base64.getEncoder().encodeToString(bytes).equals(text)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      throw new MalformedBundleException("leaf", "base64 with padding", "not that");
    }
    throw new MalformedBundleException("leaf", "base64 with padding, unused bits zero", "not that");
  }

  /** The JSON document. */
  public byte[] toJson() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("mediaType", MEDIA_TYPE);
    map.put("artifact", artifact);
    map.put("leaf", Base64.getEncoder().encodeToString(leaf));
    map.put("tlogProof", tlogProof);
    statusListToken.ifPresent(token -> map.put("statusListToken", token));
    return Jcs.canonical(map);
  }

  @Override
  public byte[] leaf() {
    return leaf.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ProofBundle that
        && artifact.equals(that.artifact)
        && Arrays.equals(leaf, that.leaf)
        && tlogProof.equals(that.tlogProof)
        && statusListToken.equals(that.statusListToken);
  }

  @Override
  public int hashCode() {
    return Objects.hash(artifact, Arrays.hashCode(leaf), tlogProof, statusListToken);
  }

  @Override
  public String toString() {
    return "proof bundle of " + artifact.length() + " characters of artifact";
  }
}
