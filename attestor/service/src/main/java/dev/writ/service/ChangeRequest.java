// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyRole;
import dev.writ.artifact.OperationKind;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;

/** What somebody wants to be done that takes others' approval. */
public sealed interface ChangeRequest {
  /** The kind of operation that it becomes. */
  OperationKind kind();

  /**
   * Another key for a role.
   *
   * @param lead from the end of the time for approval until it signs: in it verifiers follow the published
   *     trust file; whole seconds
   */
  record Rotate(KeyRole role, Duration lead) implements ChangeRequest {
    @Override
    public OperationKind kind() {
      return OperationKind.ROTATE_KEY;
    }
  }

  /**
   * No more belief in a key.
   *
   * @param kid RFC 7638 thumbprint
   * @param from since when artifacts that it signed are not believed
   */
  record Compromise(Hash kid, Since from) implements ChangeRequest {
    @Override
    public OperationKind kind() {
      return OperationKind.COMPROMISE_KEY;
    }
  }

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
  record Destroy(Hash kid) implements ChangeRequest {
    @Override
    public OperationKind kind() {
      return OperationKind.DESTROY_KEY;
    }
  }

  /** To go by the clock, which is behind the newest leaf. */
  record AcceptClock() implements ChangeRequest {
    @Override
    public OperationKind kind() {
      return OperationKind.ACCEPT_CLOCK;
    }
  }

  /** The freeze in force lifted. */
  record Unfreeze() implements ChangeRequest {
    @Override
    public OperationKind kind() {
      return OperationKind.UNFREEZE;
    }
  }

  /**
   * Another trust file.
   *
   * @param file what it is to say; its version and the one before are set here
   */
  record Publish(TrustFile file) implements ChangeRequest {
    @Override
    public OperationKind kind() {
      return OperationKind.PUBLISH_TRUST;
    }
  }
}
