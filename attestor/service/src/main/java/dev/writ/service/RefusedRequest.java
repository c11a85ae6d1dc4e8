// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.UuidV7;
import java.net.InetAddress;
import java.util.Optional;

/**
 * A request that was refused without a leaf of its own. Nothing of it that its sender chose is here, but
 * the address from which it came.
 *
 * @param id by which its sender was told of it; it says when
 * @param reason one of the service's words
 * @param door as {@link Door#name} has it
 * @param operation of the contract, or {@code none}
 * @param client absent at a Unix socket
 */
record RefusedRequest(
    UuidV7 id,
    DenialCode code,
    String reason,
    String door,
    String operation,
    Optional<InetAddress> client) {
  /**
   * What those that are listed together have in common.
   *
   * @param client as far as one host cannot choose it
   */
  record Alike(
      DenialCode code, String reason, String door, String operation, Optional<AddressKey> client) {}

  Alike alike() {
    return new Alike(code, reason, door, operation, client.map(AddressKey::of));
  }

  Refusals.Kind kind() {
    return new Refusals.Kind(code, reason);
  }
}
