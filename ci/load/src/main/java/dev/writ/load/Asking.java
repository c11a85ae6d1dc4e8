// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.artifact.ExecutionRequest;
import dev.writ.tlog.Hash;

/** What a host asks for. */
@FunctionalInterface
interface Asking {
  /**
   * The request.
   *
   * @param host the host's name
   * @param jkt thumbprint of its instance key
   */
  ExecutionRequest request(Target target, String host, Hash jkt);
}
