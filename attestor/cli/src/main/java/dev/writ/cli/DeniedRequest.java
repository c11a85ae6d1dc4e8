// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.LeafPayload;
import dev.writ.agent.PolicyClient;
import dev.writ.artifact.Act;
import dev.writ.artifact.Argument;
import dev.writ.artifact.Delegable;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedExecBindingException;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.MalformedRequestException;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.UuidV7;
import dev.writ.policy.Approvals;
import dev.writ.policy.Inputs;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What somebody asked and was denied, as an approver must see it before he signs: out of the bytes that the
 * denial's leaf names, in a ledger that his trust file believes. The service is believed in nothing of it.
 *
 * @param denied when
 * @param denial what the leaf says
 * @param message what the host was told
 * @param akName the TPM name of the attestation key of the host that asked, lower-case hex
 * @param host its name
 * @param initiator who set it in motion, as was proven; absent where nobody was
 * @param exec the program, where one is to run
 * @param policy by which it was denied
 */
record DeniedRequest(
    UuidV7 decision,
    Instant denied,
    LeafBody.DecisionDeny denial,
    String message,
    String akName,
    String host,
    ExecutionRequest request,
    Optional<String> initiator,
    Optional<ExecBinding> exec,
    PolicyDocument policy) {
  private static final int MAX_PAYLOAD = 1 << 20;
  private static final int MAX_AK_NAME = 128;

  /** Asks for the denial of this id, and verifies all that is shown of it. */
  static DeniedRequest ask(OperatorOptions operator, UuidV7 decision, TrustFile believed)
      throws CommandFailure {
    String id = decision.toString();
    LeafPayload shown = operator.ask(client -> CommandFailure.read(client.payload(id)));
    if (!shown.leaf().id().equals(decision)) {
      throw CommandFailure.integrity(
          "the service must answer of decision " + id + ", and answers of " + shown.leaf().id());
    }
    if (!LedgerPayloadCommand.requireIsNamed(shown)) {
      throw CommandFailure.invalid("a leaf must vouch for what was asked, and none does");
    }
    LedgerPayloadCommand.requireInLedger(believed, shown);
    if (!(shown.leaf().body() instanceof LeafBody.DecisionDeny denial)
        || denial.code() != DenialCode.POLICY_DENIED) {
      throw CommandFailure.invalid(
          "a denial of code policy_denied must have the id " + id + ", and another leaf has");
    }
    PolicyClient.Shown policy =
        operator.ask(client -> CommandFailure.read(client.policies().shown(denial.epoch())));
    PolicyDocument document = PolicyShowCommand.verified(policy);
    if (!document.digest().hex().equals(denial.policyDigest().hex())) {
      throw CommandFailure.integrity(
          "the service must show the policy by which it was denied, "
              + denial.policyDigest()
              + ", and shows "
              + document.digest().hex());
    }
    return read(shown, denial, document);
  }

  private static DeniedRequest read(
      LeafPayload shown, LeafBody.DecisionDeny denial, PolicyDocument policy)
      throws CommandFailure {
    try {
      JsonMembers members = StrictJson.parse(shown.payload().bytes(), MAX_PAYLOAD);
      ExecutionRequest request = ExecutionRequest.take(members.object("request"));
      Optional<ExecBinding> exec =
          members.has("exec")
              ? Optional.of(ExecBinding.take(members.object("exec")))
              : Optional.empty();
      if (!denial.requestDigest().equals(Optional.of(request.digest()))) {
        throw CommandFailure.integrity(
            "the request must be the one that the leaf names, and is " + request.digest());
      }
      if (exec.isPresent()
          && !exec.get().act(Act.UNCOUNTED).argsDigest().equals(request.act().argsDigest())) {
        throw CommandFailure.integrity(
            "the program must be the one that the request names, and is another");
      }
      String akName = HexFormat.of().formatHex(members.base64UrlUpTo("ak_name", MAX_AK_NAME));
      Inputs inputs = inputs(members, akName);
      return new DeniedRequest(
          shown.leaf().id(),
          shown.leaf().time(),
          denial,
          members.text("message"),
          akName,
          inputs.subject().host(),
          request,
          inputs.governance().initiator(),
          exec,
          policy);
    } catch (MalformedJsonException
        | MalformedRequestException
        | MalformedExecBindingException
        | MalformedPolicyException e) {
      throw CommandFailure.integrity(
          "what lies beside the denial must be of its form, and is not: " + e.getMessage());
    }
  }

  /**
   * What the rules were shown lies beside a denial, unless it was too long: without it nobody can tell who had
   * the host ask.
   */
  private static Inputs inputs(JsonMembers members, String akName)
      throws MalformedJsonException, MalformedPolicyException, CommandFailure {
    if (!members.has("inputs")) {
      throw CommandFailure.invalid(
          "what the rules were shown must be kept beside the denial, and is not: nobody can tell who set"
              + " the request in motion");
    }
    Inputs inputs = Inputs.parse(members.canonical("inputs"));
    if (!inputs.subject().akName().equals(akName)) {
      throw CommandFailure.integrity(
          "the host that the rules were shown must be the one that asked, "
              + akName
              + ", and is "
              + inputs.subject().akName());
    }
    return inputs;
  }

  /** The policy must list the approver and, with separation, know him to be another than the initiator. */
  void requireCounted(String approver) throws CommandFailure {
    Optional<Approvals> rules = policy.approvals();
    String version = policy.id() + " version " + policy.version();
    if (rules.isEmpty() || !rules.get().approvers().contains(approver)) {
      throw CommandFailure.invalid(
          "the policy " + version + " must list the approver " + approver + ", and does not");
    }
    if (!rules.get().admits(approver, initiator)) {
      throw CommandFailure.invalid(
          "by the policy "
              + version
              + " the approver "
              + approver
              + " must be known to be another than who set the request in motion, "
              + initiator.orElse("of whom nothing was proven")
              + ", and is not");
    }
  }

  /** In words: who asked for what, why it was denied, and until when the approval will hold. */
  String words(Instant until) {
    Lines lines = new Lines();
    lines.fact("decision", decision + ", denied " + denied);
    lines.fact("because", denial.reason() + ": " + message);
    lines.fact("host", host);
    lines.fact("ak_name", akName);
    lines.fact("initiator", initiator.orElse("none was proven: the host asked by itself"));
    lines.fact("workload", request.sub() + " of tenant " + request.tenant());
    lines.fact("action", request.act().action() + " " + request.act().resource());
    lines.fact(
        "uses",
        request.act().countsUses() ? Integer.toString(request.act().maxUses()) : "not counted");
    request.act().limits().forEach((name, value) -> lines.fact("limit " + name, value.toString()));
    request.act().delegable().ifPresent(bound -> delegable(bound, lines));
    exec.ifPresent(binding -> program(binding, lines));
    lines.fact("args_digest", request.act().argsDigest().hex());
    lines.fact("for", String.join(", ", request.aud()));
    lines.fact("instance key", Thumbprint.text(request.jkt()));
    request.parent().ifPresent(parent -> lines.fact("parent", parent.toString()));
    lines.fact(
        "policy", policy.id() + " version " + policy.version() + ", " + policy.digest().hex());
    policy
        .approvals()
        .ifPresent(
            rules ->
                lines.fact(
                    "approvals",
                    "of " + rules.approvers().size() + " approvers it takes " + rules.threshold()));
    lines.fact("request_digest", request.digest().hex());
    lines.fact("approve until", until.toString());
    return lines.toString();
  }

  /** What its holder can have others permitted. */
  private static void delegable(Delegable bound, Lines lines) {
    lines.fact("delegable actions", String.join(", ", bound.actions()));
    bound.resources().forEach(resource -> lines.fact("delegable below", resource));
    lines.fact("delegable for", String.join(", ", bound.aud()));
    lines.fact(
        "delegable uses", bound.countsUses() ? Integer.toString(bound.maxUses()) : "not counted");
  }

  private static void program(ExecBinding binding, Lines lines) {
    lines.fact("program", binding.path() + ", SHA-256 " + binding.exeSha256());
    for (int i = 0; i < binding.argv().size(); i++) {
      Argument argument = binding.argv().get(i);
      lines.fact(
          "argument " + i,
          argument
              .text()
              .map(Printer::json)
              .orElseGet(() -> "bytes of SHA-256 " + Hash.sha256(argument.bytes())));
    }
    lines.fact("in folder", binding.cwd());
    binding.env().forEach((name, digest) -> lines.fact("variable", name + ", SHA-256 " + digest));
    binding.files().forEach(file -> lines.fact("file", file.path() + ", SHA-256 " + file.sha256()));
  }
}
