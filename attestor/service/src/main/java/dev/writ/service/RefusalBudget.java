// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the refused requests of one minute may take beside its summary, so that strangers cannot make the
 * store grow by more than that, nor crowd each other out: one address has its share of the bytes, and so
 * has whatever is refused of one operation for one reason, from however many addresses. Not safe for use by
 * several threads at once.
 */
final class RefusalBudget {
  static final int BYTES = 32 * 1024;
  static final int BYTES_OF_ONE = BYTES / 4;

  /** Of the list without its rows. */
  private static final int FRAME_BYTES = 256;

  /** Of a row without its words and requests: names, and the commitment to a client. */
  private static final int ROW_BYTES = 144;

  /** Of a request: a UUID in quotation marks, and what is between two. */
  private static final int REQUEST_BYTES = 39;

  private final Set<RefusedRequest.Alike> rows = new HashSet<>();
  private final Map<Optional<AddressKey>, Integer> ofClient = new HashMap<>();
  private final Map<Subject, Integer> ofSubject = new HashMap<>();
  private int all = FRAME_BYTES;

  private record Subject(String operation, String reason) {}

  /** Whether one more has room; then it has it. */
  boolean takes(RefusedRequest request) {
    RefusedRequest.Alike alike = request.alike();
    Subject subject = new Subject(request.operation(), request.reason());
    int bytes = REQUEST_BYTES + (rows.contains(alike) ? 0 : bytesOf(alike));
    int client = ofClient.getOrDefault(alike.client(), 0) + bytes;
    int same = ofSubject.getOrDefault(subject, 0) + bytes;
    if (client > BYTES_OF_ONE || same > BYTES_OF_ONE || all + bytes > BYTES) {
      return false;
    }
    var unused = rows.add(alike);
    ofClient.put(alike.client(), client);
    ofSubject.put(subject, same);
    all += bytes;
    return true;
  }

  private static int bytesOf(RefusedRequest.Alike row) {
    return ROW_BYTES
        + row.code().wire().length()
        + row.reason().length()
        + row.door().length()
        + row.operation().length();
  }
}
