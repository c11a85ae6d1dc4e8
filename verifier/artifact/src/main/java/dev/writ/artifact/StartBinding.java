// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a service was when its host's TPM vouched for the host's state: the quote's qualifying data is of
 * it. A root that holds leaves of the service's own random ids is known to nobody before it is committed,
 * and each start adds a leaf: so no quote of an earlier start is of this binding.
 *
 * @param origin the ledger's name
 * @param treeSize leaves that were committed then
 * @param root of that tree
 * @param trust the newest trust file that the service publishes
 * @param keys the token's keys that the service signs with, in the order in which it names them
 */
public record StartBinding(
    String origin, long treeSize, Hash root, TrustReference trust, List<Key> keys) {
  private static final int MAX_KEYS = 8;
  private static final int MAX_ORIGIN = 256;

  /**
   * A key of the token.
   *
   * @param kid RFC 7638 thumbprint
   * @param role what it is believed for
   */
  public record Key(Hash kid, KeyRole role) {}

  /**
   * The binding as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds, or a key is named twice
   */
  public StartBinding {
    Require.visible("log.origin", origin, MAX_ORIGIN);
    Require.between("log.size", treeSize, 0, Require.MAX_EXACT);
    keys = Require.distinct("keys", keys, 1, MAX_KEYS);
  }

  /** {@code H("writ-start-v1", SHA-256(JCS))} of this binding's members. */
  public Hash qualifyingData() {
    return LabelledHash.of("writ-start-v1", Hash.sha256(Jcs.canonical(toMap())));
  }

  Map<String, Object> toMap() {
    Map<String, Object> log = new LinkedHashMap<>();
    log.put("origin", origin);
    log.put("size", treeSize);
    log.put("root", root);
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("log", log);
    map.put("trust", trust.toMap());
    map.put(
        "keys",
        keys.stream()
            .map(
                key ->
                    Map.of("kid", Base64Url.encode(key.kid().bytes()), "role", key.role().wire()))
            .toList());
    return map;
  }

  static StartBinding take(JsonMembers json) throws MalformedJsonException {
    JsonMembers log = json.object("log");
    String origin = log.text("origin");
    long size = log.integer("size", 0, Require.MAX_EXACT);
    Hash root = log.hash("root");
    log.end();
    TrustReference trust = TrustReference.take(json.object("trust"));
    List<Key> keys = new ArrayList<>();
    for (JsonMembers key : json.objects("keys", MAX_KEYS)) {
      keys.add(new Key(key.thumbprint("kid"), key.oneOf("role", KeyRole.values())));
      key.end();
    }
    return new StartBinding(origin, size, root, trust, keys);
  }
}
