// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.Entry;
import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What lies beside a minute's summary: the requests that it sums up, those alike together. Its digest is
 * salted, so that the leaf says nothing of them once this is erased; a client's address (of an IPv6 address
 * its /64) is a commitment under a salt of the minute's. Both lie here: whoever reads this can ask of any
 * address whether it was that one, and of all IPv4 addresses in turn.
 *
 * <pre>
 * {"client_salt": base64url, "refused": [{"client": hex, "code", "door", "operation", "reason",
 *  "requests": [UUID, …]}, …], "salt": base64url, "unlisted": count}
 * </pre>
 *
 * @param clientSalt of the commitments to clients
 * @param rows those alike together
 * @param unlisted how many more were told, and are not listed
 */
record ListedRefusals(byte[] clientSalt, List<Row> rows, long unlisted) {
  private static final long MAX_EXACT = (1L << 53) - 1;

  /**
   * Requests that were refused alike.
   *
   * @param client commitment to the address, or to the first half of an IPv6 address; absent at a Unix socket
   */
  record Row(
      DenialCode code,
      String reason,
      String door,
      String operation,
      Optional<Hash> client,
      List<UuidV7> requests) {}

  /** Copies salt and rows. */
  ListedRefusals {
    clientSalt = clientSalt.clone();
    rows = List.copyOf(rows);
  }

  @Override
  public byte[] clientSalt() {
    return clientSalt.clone();
  }

  private static Map<String, Object> row(
      RefusedRequest.Alike alike, byte[] clientSalt, List<String> requests) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("code", alike.code().wire());
    map.put("reason", alike.reason());
    map.put("door", alike.door());
    map.put("operation", alike.operation());
    alike
        .client()
        .ifPresent(client -> map.put("client", Commitment.of(clientSalt, client.bytes()).digest()));
    map.put("requests", requests);
    return map;
  }

  static byte[] toJson(Refusals.Refused refused, byte[] clientSalt, byte[] salt) {
    Map<RefusedRequest.Alike, List<String>> alike = new LinkedHashMap<>();
    for (RefusedRequest request : refused.listed()) {
      alike
          .computeIfAbsent(request.alike(), first -> new ArrayList<>())
          .add(request.id().toString());
    }
    Base64.Encoder base64Url = Base64.getUrlEncoder().withoutPadding();
    return Jcs.canonical(
        Map.of(
            "client_salt",
            base64Url.encodeToString(clientSalt),
            "refused",
            alike.entrySet().stream()
                .map(row -> row(row.getKey(), clientSalt, row.getValue()))
                .toList(),
            "salt",
            base64Url.encodeToString(salt),
            "unlisted",
            refused.unlisted()));
  }

  /** What {@link #toJson} wrote, in any bytes that somebody put there. */
  static ListedRefusals parse(byte[] payload) throws MalformedJsonException {
    JsonMembers json = StrictJson.parse(payload, Entry.MAX_PAYLOAD_BYTES);
    List<Row> rows = new ArrayList<>();
    for (JsonMembers row : json.objects("refused", Refusals.MOST_LISTED)) {
      List<UuidV7> requests = new ArrayList<>();
      for (String request : row.texts("requests", Refusals.MOST_LISTED)) {
        requests.add(UuidV7.parse(request));
      }
      rows.add(
          new Row(
              row.oneOf("code", DenialCode.values()),
              row.text("reason"),
              row.text("door"),
              row.text("operation"),
              row.optionalHash("client"),
              requests));
    }
    return new ListedRefusals(
        json.base64Url("client_salt", Commitment.SALT_BYTES),
        rows,
        json.integer("unlisted", 0, MAX_EXACT));
  }

  /** The row that has a request. */
  Optional<Row> of(UuidV7 request) {
    return rows.stream().filter(row -> row.requests().contains(request)).findFirst();
  }
}
