// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.KeyRole;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationKind;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustDifference;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** What somebody asks a service to put before operators. */
public sealed interface ProposedChange {
  /** The kind of operation that comes of it. */
  OperationKind kind();

  /** Its members in the request, beside the kind. */
  void addTo(Map<String, Object> body);

  /**
   * Why an operation is not what was asked for; empty where it is.
   *
   * @param trust the trust file that comes with it, which its digest names
   */
  Optional<String> contradiction(Operation operation, Optional<TrustContent> trust);

  /**
   * Another key for a role.
   *
   * @param lead from the end of the time for approval until it signs; whole seconds
   */
  record RotateKey(KeyRole role, Duration lead) implements ProposedChange {
    @Override
    public OperationKind kind() {
      return OperationKind.ROTATE_KEY;
    }

    @Override
    public void addTo(Map<String, Object> body) {
      body.put("role", role.wire());
      body.put("lead_s", lead.toSeconds());
    }

    @Override
    public Optional<String> contradiction(Operation operation, Optional<TrustContent> trust) {
      if (!(operation.change() instanceof Operation.RotateKey rotate)) {
        return anotherKind(this, operation);
      }
      Instant activates = operation.expires().plus(lead);
      return differs("role", role.wire(), rotate.role().wire())
          .or(() -> differs("activates", activates, rotate.activates()));
    }
  }

  /** Since when a key is somebody else's. */
  sealed interface Since {
    /** Nobody knows: all that it signed ends. */
    record Ever() implements Since {}

    /** Since this leaf. */
    record Leaf(long index) implements Since {}

    /** Since the first leaf of this time or later; which it is, the service says. */
    record Time(Instant at) implements Since {}
  }

  /**
   * No more belief in a key.
   *
   * @param kid RFC 7638 thumbprint
   */
  record CompromiseKey(Hash kid, Since since) implements ProposedChange {
    @Override
    public OperationKind kind() {
      return OperationKind.COMPROMISE_KEY;
    }

    @Override
    public void addTo(Map<String, Object> body) {
      body.put("kid", JsonService.base64Url(kid.bytes()));
      if (since instanceof Since.Leaf leaf) {
        body.put("from_index", leaf.index());
      } else if (since instanceof Since.Time time) {
        body.put("from_time", time.at().getEpochSecond());
      }
    }

    @Override
    public Optional<String> contradiction(Operation operation, Optional<TrustContent> trust) {
      if (!(operation.change() instanceof Operation.CompromiseKey compromise)) {
        return anotherKind(this, operation);
      }
      boolean same =
          since instanceof Since.Leaf leaf
              ? compromise.fromIndex().equals(OptionalLong.of(leaf.index()))
              : compromise.fromIndex().isPresent() == since instanceof Since.Time;
      return differs("kid", kid, compromise.kid())
          .or(
              () ->
                  same
                      ? Optional.empty()
                      : Optional.of(
                          "from_index must be as asked for, and is " + compromise.fromIndex()));
    }
  }

  /**
   * A key gone from its token.
   *
   * @param kid RFC 7638 thumbprint
   */
  record DestroyKey(Hash kid) implements ProposedChange {
    @Override
    public OperationKind kind() {
      return OperationKind.DESTROY_KEY;
    }

    @Override
    public void addTo(Map<String, Object> body) {
      body.put("kid", JsonService.base64Url(kid.bytes()));
    }

    @Override
    public Optional<String> contradiction(Operation operation, Optional<TrustContent> trust) {
      return operation.change() instanceof Operation.DestroyKey destroy
          ? differs("kid", kid, destroy.kid())
          : anotherKind(this, operation);
    }
  }

  /** To go by the service's clock, though the ledger's newest leaf is of a later time. */
  record AcceptClock() implements ProposedChange {
    @Override
    public OperationKind kind() {
      return OperationKind.ACCEPT_CLOCK;
    }

    @Override
    public void addTo(Map<String, Object> body) {
      // Which leaf it is, the service says.
    }

    @Override
    public Optional<String> contradiction(Operation operation, Optional<TrustContent> trust) {
      return operation.change() instanceof Operation.AcceptClock
          ? Optional.empty()
          : anotherKind(this, operation);
    }
  }

  /** The freeze in force lifted. */
  record Unfreeze() implements ProposedChange {
    @Override
    public OperationKind kind() {
      return OperationKind.UNFREEZE;
    }

    @Override
    public void addTo(Map<String, Object> body) {
      // Which freeze it is, the service says.
    }

    @Override
    public Optional<String> contradiction(Operation operation, Optional<TrustContent> trust) {
      return operation.change() instanceof Operation.Unfreeze
          ? Optional.empty()
          : anotherKind(this, operation);
    }
  }

  /**
   * Another trust file.
   *
   * @param file what it is to say; the service sets its version and the one before
   */
  record PublishTrust(TrustFile file) implements ProposedChange {
    @Override
    public OperationKind kind() {
      return OperationKind.PUBLISH_TRUST;
    }

    @Override
    public void addTo(Map<String, Object> body) {
      body.put("trust_file", JsonService.base64Url(file.toJson()));
    }

    @Override
    public Optional<String> contradiction(Operation operation, Optional<TrustContent> trust) {
      if (!(operation.change() instanceof Operation.PublishTrust)) {
        return anotherKind(this, operation);
      }
      return trust.isPresent() && TrustDifference.between(file.content(), trust.get()).isEmpty()
          ? Optional.empty()
          : Optional.of("its trust file must say what the given one says, and does not");
    }
  }

  private static Optional<String> anotherKind(ProposedChange asked, Operation operation) {
    return differs("kind", asked.kind().wire(), operation.change().kind().wire());
  }

  private static Optional<String> differs(String member, Object mustBe, Object was) {
    return mustBe.equals(was)
        ? Optional.empty()
        : Optional.of(member + " must be " + mustBe + ", was " + was);
  }
}
