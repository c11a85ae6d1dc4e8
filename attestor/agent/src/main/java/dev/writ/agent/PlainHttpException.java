// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.IOException;

/**
 * A service was to be asked without TLS at an address that is not loopback. Nothing was sent, and it is
 * of no use to try again: the URL is at fault.
 */
public final class PlainHttpException extends IOException {
  private static final long serialVersionUID = 1L;

  PlainHttpException(String host) {
    super("plain HTTP is for loopback addresses only, and " + host + " is none: give an https URL");
  }
}
