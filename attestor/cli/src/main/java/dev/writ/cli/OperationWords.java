// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Operation;
import dev.writ.artifact.TrustDifference;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustedKey;
import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** An operation in words on which a person can act. */
final class OperationWords {
  private OperationWords() {}

  /**
   * All that a signature would say.
   *
   * @param differences of the trust file that comes with it from {@code believed}
   */
  static String of(Operation operation, List<TrustDifference> differences, TrustFile believed) {
    Lines lines = new Lines();
    lines.fact("operation", operation.digest().hex());
    lines.fact("issuer", operation.issuer());
    lines.fact("does", change(operation.change()));
    lines.fact(
        "proposed",
        operation.proposed()
            + " by "
            + operation
                .proposer()
                .map(kid -> "operator " + Thumbprint.text(kid))
                .orElse("the service"));
    lines.fact("approve before", operation.expires().toString());
    long version = believed.content().version();
    if (operation.change().trust().isEmpty()) {
      lines.fact("trust file", "stays version " + version);
      return lines.toString();
    }
    lines.fact("trust file", "version " + version + " becomes version " + (version + 1));
    differences.forEach(each -> lines.line("  " + difference(each)));
    if (differences.stream().noneMatch(TrustDifference.OperatorsChanged.class::isInstance)) {
      lines.line("  operators unchanged: " + quorum(believed.content().operators()));
    }
    return lines.toString();
  }

  /** What is to be done, in one line. */
  static String change(Operation.Change change) {
    String kind = change.kind().wire() + ": ";
    if (change instanceof Operation.RotateKey rotate) {
      return kind
          + "role "
          + rotate.role().wire()
          + ": key "
          + name(rotate.to())
          + " signs from "
          + rotate.activates()
          + " on, in the place of "
          + name(rotate.from());
    } else if (change instanceof Operation.CompromiseKey compromise) {
      return kind
          + "role "
          + compromise.role().wire()
          + ": key "
          + name(compromise.kid())
          + (compromise.fromIndex().isPresent()
              ? " is not believed from leaf " + compromise.fromIndex().getAsLong() + " on"
              : " is not believed, whatever it signed")
          + compromise
              .replacement()
              .map(kid -> "; key " + name(kid) + " signs in its place at once")
              .orElse("");
    } else if (change instanceof Operation.DestroyKey destroy) {
      return kind + "key " + name(destroy.kid()) + " goes from its token, and cannot come back";
    } else if (change instanceof Operation.AcceptClock clock) {
      return kind
          + "the service's clock is RIGHT; it was ahead when the ledger's newest leaf, of "
          + clock.newest()
          + ", was written";
    } else if (change instanceof Operation.Unfreeze unfreeze) {
      return kind
          + "the freeze of leaf "
          + unfreeze.freeze()
          + " is LIFTED: rules see the usual mode again";
    } else if (change instanceof Operation.PublishTrust) {
      return kind + "verifiers are to believe the trust file below";
    }
    throw new IllegalStateException("bug: nobody is asked for a change that has no words: " + kind);
  }

  private static String difference(TrustDifference difference) {
    if (difference instanceof TrustDifference.KeyAdded added) {
      return key(added.key())
          + " begins at "
          + added.key().nbf()
          + ", ends at "
          + added.key().exp();
    } else if (difference instanceof TrustDifference.KeyRemoved removed) {
      return key(removed.key()) + " is NAMED NO MORE: nothing that it signed is believed";
    } else if (difference instanceof TrustDifference.KeyChanged changed) {
      return key(changed.after()) + " " + changed(changed.before(), changed.after());
    } else if (difference instanceof TrustDifference.OperatorsChanged operators) {
      return "operators CHANGED: were "
          + quorum(operators.before())
          + "; will be "
          + quorum(operators.after());
    } else if (difference instanceof TrustDifference.ApproversChanged approvers) {
      return "policy approvers CHANGED: were "
          + quorum(approvers.before())
          + "; will be "
          + quorum(approvers.after());
    }
    TrustDifference.MemberChanged member = (TrustDifference.MemberChanged) difference;
    return member.member() + " CHANGED: was " + member.before() + "; will be " + member.after();
  }

  private static String changed(TrustedKey before, TrustedKey after) {
    List<String> words = new ArrayList<>();
    if (after.state() == KeyState.COMPROMISED && before.state() != KeyState.COMPROMISED) {
      words.add(
          after.compromisedFrom().isPresent()
              ? "is COMPROMISED from leaf " + after.compromisedFrom().getAsLong() + " on"
              : "is COMPROMISED: nothing that it signed is believed");
    } else if (after.state() != before.state()) {
      words.add("was " + before.state().wire() + ", will be " + after.state().wire());
    }
    if (after.role() != before.role()) {
      words.add("CHANGES ITS ROLE from " + before.role().wire());
    }
    if (!after.nbf().equals(before.nbf())) {
      words.add("begins at " + after.nbf() + ", not " + before.nbf());
    }
    if (!after.exp().equals(before.exp())) {
      words.add("is believed until " + after.exp() + ", not " + before.exp());
    }
    if (words.isEmpty()) {
      words.add("is compromised from another leaf on: " + after.compromisedFrom());
    }
    return String.join("; ", words);
  }

  private static String key(TrustedKey key) {
    return "key " + name(key.key().kid()) + " of role " + key.role().wire();
  }

  private static String quorum(Optional<KeyQuorum> quorum) {
    return quorum.map(OperationWords::quorum).orElse("nobody");
  }

  private static String quorum(KeyQuorum quorum) {
    return quorum.threshold()
        + " of "
        + quorum.keys().stream()
            .map(key -> name(key.kid()))
            .collect(Collectors.joining(", ", "[", "]"));
  }

  private static String name(Hash kid) {
    return Thumbprint.text(kid);
  }
}
