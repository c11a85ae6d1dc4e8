// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Names requests in problems and in the log, so that one leads to the other: eight hexadecimal digits
 * for the process, sixteen that count. Made only for requests that are named.
 */
final class RequestIds {
  private static final String PROCESS = String.format("%08x", new SecureRandom().nextInt());
  private static final AtomicLong COUNT = new AtomicLong();

  private RequestIds() {}

  static String next() {
    return PROCESS + String.format("%016x", COUNT.incrementAndGet());
  }
}
