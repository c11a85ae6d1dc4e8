// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedEnvelopeException;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationApproval;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.RequestApproved;
import dev.writ.artifact.TrustContent;
import dev.writ.ledger.DerivedState;
import dev.writ.ledger.LedgerException;
import dev.writ.lineage.Finding;
import dev.writ.lineage.LineageCheck;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.service.GivenPolicy;
import dev.writ.service.Replayed;
import dev.writ.service.Replayed.Standing;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What is judged of a pack whose leaves are proven. */
final class PackJudgement {
  private final PackContents contents;
  private final PackTrust trust;

  PackJudgement(PackContents contents, PackTrust trust) {
    this.contents = contents;
    this.trust = trust;
  }

  /** What lies beside leaves is what they name; what is missing of what was asked for is named. */
  PackCheck payloads() {
    List<String> wrong = PackRows.wrong(contents);
    int there = 0;
    List<Long> missing = new ArrayList<>();
    for (Map.Entry<Long, PackContents.Packed> each : contents.leaves().entrySet()) {
      Optional<Hash> named = each.getValue().leaf().payload();
      Optional<byte[]> payload;
      try {
        payload = contents.payload(each.getKey());
      } catch (LedgerException e) {
        wrong.add(String.valueOf(e.getMessage()));
        continue;
      }
      if (payload.isPresent()) {
        there++;
        Hash is = Hash.sha256(payload.get());
        if (!named.equals(Optional.of(is))) {
          wrong.add(
              "beside leaf "
                  + each.getKey()
                  + " must lie "
                  + named.map(hash -> "what is of SHA-256 " + hash).orElse("nothing it names")
                  + ", lies what is of "
                  + is);
        }
      } else if (named.isPresent() && contents.asked().containsKey(each.getKey())) {
        missing.add(each.getKey());
      }
    }
    String words =
        there
            + " payloads are those that their leaves name"
            + (missing.isEmpty()
                ? ""
                : "; "
                    + missing.size()
                    + " asked for were erased, or left out, beside "
                    + PackedRevocations.first(missing));
    return wrong.isEmpty() && !missing.isEmpty()
        ? PackCheck.missing(PackCheck.Name.PAYLOADS, words)
        : PackVerifier.of(PackCheck.Name.PAYLOADS, wrong, words);
  }

  /** Who had to sign the policies that are here did. */
  PackCheck policies() {
    List<String> wrong = new ArrayList<>();
    int signed = 0;
    int unsigned = 0;
    for (Map.Entry<Long, PackContents.Packed> each : contents.leaves().entrySet()) {
      if (!(each.getValue().leaf().body() instanceof LeafBody.PolicyInForce policy)) {
        continue;
      }
      String where = "the policy of leaf " + each.getKey();
      try {
        Optional<byte[]> payload = contents.payload(each.getKey());
        if (payload.isEmpty()) {
          continue;
        }
        GivenPolicy given = GivenPolicy.parse(payload.get());
        if (!Hash.of(given.document().digest().bytes()).equals(policy.policy().digest())) {
          wrong.add(where + " must be of the digest that it names, and is not");
        }
        if (!given.document().id().equals(policy.policy().id())
            || given.document().version() != policy.policy().version()) {
          wrong.add(where + " must be of the id and version that it names, and is of others");
        }
        TrustContent then = trust.at(each.getKey());
        if (given.envelope().isEmpty()) {
          unsigned++;
          if (then.policyApprovers().isPresent()) {
            wrong.add(where + " must be signed by policy approvers, and is in no envelope");
          }
        } else if (given.envelope().get().judge(given.document().author(), then)
            instanceof PolicyEnvelope.Outcome.Refused refused) {
          wrong.add(where + ": " + refused.message());
        } else {
          signed++;
        }
      } catch (MalformedPolicyException | MalformedEnvelopeException | LedgerException e) {
        wrong.add(where + ": " + e.getMessage());
      }
    }
    return PackVerifier.of(
        PackCheck.Name.POLICIES,
        wrong,
        signed
            + " signed by author and approvers"
            + (unsigned > 0
                ? ", " + unsigned + " unsigned, as a dev trust file without approvers allows"
                : ""));
  }

  /** The lives of keys, modes and trust files, as the leaves here tell them. */
  PackCheck keys() {
    List<String> wrong = new ArrayList<>();
    for (DerivedState.Fault fault : contents.state().faults()) {
      wrong.add("leaf " + fault.index() + ": " + fault.why());
    }
    return PackVerifier.of(
        PackCheck.Name.KEYS,
        wrong,
        contents.state().keys().size()
            + " keys, "
            + contents.state().governanceModes().size()
            + " changes of mode, each as it may follow");
  }

  /** Signatures of people: approvals of requests, operations and their approvals, orders and grants. */
  PackCheck approvals() {
    List<String> wrong = new ArrayList<>();
    Map<Hash, Operation> operations = new HashMap<>();
    int signed = 0;
    int unknown = 0;
    for (Map.Entry<Long, PackContents.Packed> each : contents.leaves().entrySet()) {
      LeafBody body = each.getValue().leaf().body();
      if (body instanceof OperationStep.Proposed proposed) {
        operations.put(proposed.operation().digest(), proposed.operation());
      }
      Optional<Optional<String>> judged = whyNot(each.getKey(), each.getValue(), operations);
      if (judged.isEmpty()) {
        continue;
      }
      if (judged.get().isEmpty()) {
        signed++;
      } else if (trust.isKnownAt(each.getKey())) {
        wrong.add("leaf " + each.getKey() + ": " + judged.get().get());
      } else {
        unknown++;
      }
    }
    String words = signed + " signed by whom the trust file of then names";
    return wrong.isEmpty() && unknown > 0
        ? PackCheck.notShown(
            PackCheck.Name.APPROVALS,
            words + "; of " + unknown + " the trust file of then is not here")
        : PackVerifier.of(PackCheck.Name.APPROVALS, wrong, words);
  }

  /** Empty of a leaf that nobody signs; what is in it is empty where the signature holds. */
  private Optional<Optional<String>> whyNot(
      long at, PackContents.Packed packed, Map<Hash, Operation> operations) {
    TrustContent then = trust.at(at);
    LeafBody body = packed.leaf().body();
    if (body instanceof RequestApproved approved) {
      return Optional.of(
          approved.approval().judge(then) instanceof RequestApproval.Outcome.Refused refused
              ? Optional.of(refused.message())
              : Optional.empty());
    } else if (body instanceof OperationStep.Proposed proposed && proposed.by().isPresent()) {
      return Optional.of(
          proposed
                  .by()
                  .get()
                  .verifies(
                      ofVersion(proposed.operation().trustVersion(), then).operators(),
                      proposed.operation().signingInput())
              ? Optional.empty()
              : Optional.of("its proposer must be an operator who signed it, and is not"));
    } else if (body instanceof OperationStep.Approved approved) {
      return Optional.of(whyNot(packed, approved.approval(), operations, then));
    } else if (body instanceof GovernanceStep step) {
      return Optional.of(whyNot(step, then));
    }
    return Optional.empty();
  }

  private Optional<String> whyNot(
      PackContents.Packed packed,
      OperationApproval approval,
      Map<Hash, Operation> operations,
      TrustContent then) {
    @Nullable Operation operation = operations.get(approval.operation());
    if (operation == null) {
      return Optional.of("its operation must have been proposed before it, and was not");
    }
    Optional<TrustContent> content =
        operation.change().trust().flatMap(digest -> trust.signed(contents, digest));
    if (operation.change().trust().isPresent() && content.isEmpty()) {
      // Of what was withdrawn or has not ended, the trust file was never published.
      return approval
              .signature()
              .verifies(
                  ofVersion(operation.trustVersion(), then).operators(), operation.signingInput())
          ? Optional.empty()
          : Optional.of("it must be signed by an operator, and is not");
    }
    return approval.judge(
                operation, content, ofVersion(operation.trustVersion(), then), packed.leaf().time())
            instanceof OperationApproval.Outcome.Refused refused
        ? Optional.of(refused.message())
        : Optional.empty();
  }

  private TrustContent ofVersion(long version, TrustContent otherwise) {
    return Optional.ofNullable(contents.trust().get(version))
        .map(file -> file.content())
        .orElse(otherwise);
  }

  private static Optional<String> whyNot(GovernanceStep step, TrustContent then) {
    boolean ordered =
        then.approverOrOperator(step.order().signer())
            .map(key -> new KeyQuorum(1, List.of(key)))
            .filter(alone -> step.order().signature().verifies(alone, step.order().signingInput()))
            .isPresent();
    if (!ordered) {
      return Optional.of("its order must be signed by an approver or operator, and is not");
    }
    if (step instanceof GovernanceStep.Begun begun) {
      Set<Hash> signers =
          begun
              .grant()
              .signers(
                  begun.grant().signatures().stream()
                      .map(signature -> then.approverOrOperator(signature.kid()))
                      .flatMap(Optional::stream)
                      .toList());
      return signers.isEmpty()
          ? Optional.of("its grant must be signed by those who may, and is by none of them")
          : Optional.empty();
    }
    return Optional.empty();
  }

  /** Leaves come from what they must come from. */
  PackCheck lineage(PackDerivation derivation) throws IOException {
    LineageCheck.Report report =
        LineageCheck.check(derivation.lineage(), new TreeSet<>(contents.leaves().keySet()));
    List<String> wrong = new ArrayList<>();
    for (Finding finding : report.findings()) {
      wrong.add("leaf " + finding.leaf() + " breaks " + finding.rule().wire());
    }
    return PackVerifier.of(
        PackCheck.Name.LINEAGE,
        wrong,
        contents.leaves().size()
            + " leaves come from what they must come from; "
            + report.complete()
            + " of "
            + report.outcomes()
            + " outcomes have request, verification, decision and artifact");
  }

  /** How decisions came out. */
  PackCheck replays(List<Replayed> replays) {
    Map<Standing, Integer> counts = new EnumMap<>(Standing.class);
    List<String> wrong = new ArrayList<>();
    for (Replayed replayed : replays) {
      int unused = counts.merge(replayed.standing(), 1, Integer::sum);
      if (replayed.standing() == Standing.DIFFERS || replayed.standing() == Standing.CONTRADICTS) {
        wrong.add("leaf " + replayed.index() + " " + worst(replayed));
      }
    }
    int same = counts.getOrDefault(Standing.SAME, 0);
    int less = replays.size() - same;
    String words =
        same
            + " decisions come out the same from the Evidence on"
            + (less > 0
                ? ", " + less + " as far as they can be made again: " + first(replays)
                : "");
    if (wrong.isEmpty() && counts.containsKey(Standing.ERASED)) {
      return PackCheck.missing(PackCheck.Name.REPLAY, words);
    }
    return wrong.isEmpty() && less > 0
        ? PackCheck.notShown(PackCheck.Name.REPLAY, words)
        : PackVerifier.of(PackCheck.Name.REPLAY, wrong, words);
  }

  /** What is missing of the first that is not the same. */
  private static String first(List<Replayed> replays) {
    return replays.stream()
        .filter(replayed -> replayed.standing() != Standing.SAME)
        .map(replayed -> "leaf " + replayed.index() + " " + worst(replayed))
        .findFirst()
        .orElse("");
  }

  private static String worst(Replayed replayed) {
    return replayed.steps().stream()
        .filter(step -> step.outcome().word().equals(Replayed.word(replayed.standing())))
        .map(
            step ->
                step.step().wire() + " " + step.outcome().word() + ": " + step.outcome().detail())
        .findFirst()
        .orElse(Replayed.word(replayed.standing()));
  }
}
