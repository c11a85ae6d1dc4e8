// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Some of these keys must agree.
 *
 * @param threshold how many, at least 1
 * @param keys of these, none of them twice
 */
public record KeyQuorum(int threshold, List<VerificationKey> keys) {
  static final int MAX_KEYS = 32;

  /** Longest file of one, in bytes: a key is 200 characters. */
  public static final int MAX_BYTES = 16 * 1024;

  /**
   * The quorum as given.
   *
   * @throws IllegalArgumentException if it could never, or would always, be reached
   */
  public KeyQuorum {
    keys = Require.sized("keys", keys, 1, MAX_KEYS);
    // A key is as good as its name, and a record's own hash is spun when it is first wanted: dear
    // in a
    // program that starts for one verification.
    List<Hash> ignored =
        Require.distinct("keys", keys.stream().map(VerificationKey::kid).toList(), 1, MAX_KEYS);
    Require.between("threshold", threshold, 1, keys.size());
  }

  /** The key of this RFC 7638 thumbprint, if it is one of them. */
  public Optional<VerificationKey> key(Hash kid) {
    return keys.stream().filter(key -> key.kid().equals(kid)).findFirst();
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("threshold", threshold);
    map.put("keys", keys.stream().map(VerificationKey::toMap).toList());
    return map;
  }

  /** The quorum that a file spells, in the form that trust files have. */
  public static KeyQuorum parse(byte[] json) throws MalformedTrustFileException {
    try {
      return take(StrictJson.parse(json, MAX_BYTES));
    } catch (MalformedJsonException e) {
      throw new MalformedTrustFileException(e);
    } catch (InvalidValueException e) {
      throw new MalformedTrustFileException(e);
    }
  }

  static KeyQuorum take(JsonMembers json) throws MalformedJsonException {
    int threshold = (int) json.integer("threshold", 1, MAX_KEYS);
    List<VerificationKey> keys = takeKeys(json, "keys", MAX_KEYS);
    json.end();
    return new KeyQuorum(threshold, keys);
  }

  static List<VerificationKey> takeKeys(JsonMembers json, String name, int max)
      throws MalformedJsonException {
    List<VerificationKey> keys = new ArrayList<>();
    for (JsonMembers jwk : json.objects(name, max)) {
      keys.add(VerificationKey.take(jwk));
      jwk.end();
    }
    return keys;
  }
}
