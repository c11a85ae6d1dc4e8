// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.OperationClient.Approved;
import dev.writ.agent.OperationClient.Shown;
import dev.writ.agent.OperationDocuments;
import dev.writ.artifact.MalformedOperationException;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationApproval;
import dev.writ.artifact.OperatorSignature;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code writ approve}: an operator's word for an operation, or an approver's for a denied request. */
@Command(
    name = "approve",
    description = {
      "Shows in words what an operation does and what the trust file that comes with it changes, and signs",
      "both with the operator's key once that is confirmed. Once enough operators have, it is done.",
      "Nothing that the service says is believed: what does not fit together is not signed.",
      "",
      "With --request it is a request instead that was denied for want of approvals: who asked for what is",
      "shown out of the bytes that the denial's leaf names. Once enough approvers have signed, the host that",
      "asks for the very same gets it, once."
    },
    mixinStandardHelpOptions = true)
final class ApproveCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @ArgGroup(multiplicity = "1")
  Which which = new Which();

  /** What is approved. */
  static final class Which {
    @Parameters(
        paramLabel = "OPERATION",
        arity = "0..1",
        converter = Digest.class,
        description = "The operation's digest; see writ keys operations.")
    @Nullable Hash operation;

    @Option(
        names = "--request",
        paramLabel = "DECISION",
        converter = DecisionId.class,
        description = "The id of a denial, as who was denied was told it.")
    @Nullable UuidV7 request;
  }

  /** A decision by its id. */
  static final class DecisionId implements ITypeConverter<UuidV7> {
    @Override
    public UuidV7 convert(String text) {
      try {
        return UuidV7.parse(LeafArgument.lower(text));
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException("must be a decision's id, was " + text);
      }
    }
  }

  @Option(
      names = "--valid",
      paramLabel = "TIME",
      defaultValue = "1h",
      converter = EnrolCommand.TimeConverter.class,
      description =
          "For how long the approval of a request holds, at most 24h (default: ${DEFAULT-VALUE}).")
  Duration valid = Duration.ofHours(1);

  @Mixin SigningOptions signing = new SigningOptions();

  @Option(
      names = "--assertion",
      paramLabel = "FILE",
      description = {
        "Hands in an approval that was signed elsewhere, such as by a WebAuthn authenticator:",
        "{v, operation, signature, trust_signature?}. It is verified first."
      })
  @Nullable Path assertion;

  @Option(
      names = "--print-challenge",
      description = {
        "Prints the two challenges that an authenticator must sign, base64url, and signs nothing: the",
        "operation's and the trust file's."
      })
  boolean printChallenge;

  @Override
  public Integer call() throws CommandFailure {
    return which.request == null ? approveOperation() : approveRequest(which.request);
  }

  private int approveRequest(UuidV7 decision) throws CommandFailure {
    if (signing.operatorKey == null || assertion != null || printChallenge) {
      throw CommandFailure.usage("--request is signed with --operator-key, and with nothing else");
    }
    if (valid.compareTo(RequestApproval.MAX_LIFETIME) > 0) {
      throw CommandFailure.usage("--valid must be at most 24h for a request, was " + valid);
    }
    Map<String, Object> facts =
        new RequestApproving(signing, valid).approve(decision, spec.commandLine().getErr());
    new Printer(spec.commandLine().getOut(), signing.output).print(facts);
    return ExitStatus.DONE;
  }

  private int approveOperation() throws CommandFailure {
    Hash operation = Objects.requireNonNull(which.operation);
    int ways =
        (signing.operatorKey == null ? 0 : 1)
            + (assertion == null ? 0 : 1)
            + (printChallenge ? 1 : 0);
    if (ways != 1) {
      throw CommandFailure.usage(
          "one of --operator-key, --assertion and --print-challenge must be given");
    }
    PrintWriter err = spec.commandLine().getErr();
    TrustFile believed = signing.newestTrust(sentence -> err.println("writ: " + sentence));
    Shown shown =
        signing.ask(client -> CommandFailure.granted(client.operations().show(operation)));
    SigningOptions.review(shown.documents(), operation, believed, Instant.now(), err);
    if (!shown.listed().state().equals("open")) {
      throw CommandFailure.invalid(
          "the operation must be open for approval, and is " + shown.listed().state());
    }
    Map<String, Object> facts =
        printChallenge ? challenges(shown.documents()) : approve(shown.documents(), believed);
    new Printer(spec.commandLine().getOut(), signing.output).print(facts);
    return ExitStatus.DONE;
  }

  private static Map<String, Object> challenges(OperationDocuments documents) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("challenge", Thumbprint.text(documents.operation().digest()));
    documents
        .operation()
        .change()
        .trust()
        .ifPresent(digest -> facts.put("trust_challenge", Thumbprint.text(digest)));
    return facts;
  }

  private Map<String, Object> approve(OperationDocuments documents, TrustFile believed)
      throws CommandFailure {
    OperationApproval approval = assertion == null ? signed(documents, believed) : read(assertion);
    OperationApproval.Outcome outcome =
        approval.judge(
            documents.operation(),
            documents.trust().map(TrustFile::content),
            believed.content(),
            Instant.now());
    if (outcome instanceof OperationApproval.Outcome.Refused refused) {
      throw CommandFailure.invalid(refused.reason().wire() + ": " + refused.message());
    }
    Approved approved =
        signing.ask(client -> CommandFailure.granted(client.operations().approve(approval)));
    Hash operation = documents.operation().digest();
    if (!approved.operation().equals(operation)) {
      throw CommandFailure.integrity(
          "the service must answer of the operation that was approved, and answers of "
              + approved.operation().hex());
    }
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("operation", operation.hex());
    facts.put("approver", Thumbprint.text(approval.approver()));
    facts.put("approvals", approved.approvals());
    approved.threshold().ifPresent(threshold -> facts.put("threshold", threshold));
    facts.put("state", approved.state());
    facts.put("leaf_index", approved.leafIndex());
    return facts;
  }

  private OperationApproval signed(OperationDocuments documents, TrustFile believed)
      throws CommandFailure {
    try (OperatorKey key = signing.key()) {
      return signed(documents, believed, key);
    }
  }

  private OperationApproval signed(
      OperationDocuments documents, TrustFile believed, OperatorKey key) throws CommandFailure {
    if (believed.content().operators().key(key.kid()).isEmpty()) {
      throw CommandFailure.invalid(
          "the key must be an operator's of trust file version "
              + believed.content().version()
              + ", and "
              + Thumbprint.text(key.kid())
              + " is none");
    }
    if (documents.operation().proposer().equals(Optional.of(key.kid()))) {
      throw CommandFailure.invalid("who proposed an operation does not approve it: let another");
    }
    signing.confirm();
    Operation asked = documents.operation();
    OperatorSignature signature = key.sign(asked.signingInput());
    Optional<byte[]> trust =
        documents.trust().map(TrustFile::content).map(TrustContent::signingInput);
    return new OperationApproval(
        asked.digest(),
        signature,
        trust.isPresent() ? Optional.of(key.sign(trust.get())) : Optional.empty());
  }

  private static OperationApproval read(Path file) throws CommandFailure {
    try {
      return OperationApproval.parse(BoundedFile.read(file, OperationApproval.MAX_BYTES));
    } catch (IOException | MalformedOperationException e) {
      throw CommandFailure.configuration("the assertion " + file, e);
    }
  }
}
