// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.IOException;

/** What a server sent is not what was asked for, or not HTTP/1.1. */
public final class MalformedResponseException extends IOException {
  private static final long serialVersionUID = 1;

  MalformedResponseException(String message) {
    super(message);
  }

  MalformedResponseException(String message, Throwable cause) {
    super(message, cause);
  }
}
