// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyRole;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;

/** What somebody wants to be done that takes others' approval. */
public sealed interface ChangeRequest {
  /**
   * Another key for a role.
   *
   * @param lead from the end of the time for approval until it signs: in it verifiers follow the published
   *     trust file; whole seconds
   */
  record Rotate(KeyRole role, Duration lead) implements ChangeRequest {}

  /**
   * No more belief in a key.
   *
   * @param kid RFC 7638 thumbprint
   * @param from since when artifacts that it signed are not believed
   */
  record Compromise(Hash kid, Since from) implements ChangeRequest {}

  /** Since when a key is somebody else's. */
  sealed interface Since {
    /** Nobody knows: all that it signed ends. */
    record Ever() implements Since {}

    /** Since this leaf. */
    record Leaf(long index) implements Since {}

    /** Since the first leaf of this time or later. */
    record Time(Instant at) implements Since {}
  }

  /** A key gone from its token. */
  record Destroy(Hash kid) implements ChangeRequest {}

  /**
   * Another trust file.
   *
   * @param file what it is to say; its version and the one before are set here
   */
  record Publish(TrustFile file) implements ChangeRequest {}
}
