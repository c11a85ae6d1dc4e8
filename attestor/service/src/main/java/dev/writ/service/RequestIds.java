// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.UuidV7;
import java.security.SecureRandom;
import java.time.InstantSource;

/**
 * Names requests in problems, in the log and in the ledger, so that one leads to the others. Whatever
 * name a client gives its request, this is another: nobody can take that of somebody else's. Made only
 * for requests that are named.
 */
final class RequestIds {
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();

  RequestIds(InstantSource clock) {
    this.clock = clock;
  }

  UuidV7 next() {
    return UuidV7.next(clock, random);
  }
}
