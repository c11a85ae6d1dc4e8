// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Answer;
import dev.writ.agent.AttestationFailedException;
import dev.writ.agent.Attester;
import dev.writ.agent.ExecRequest;
import dev.writ.agent.Execution;
import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.ParentBundle;
import dev.writ.agent.WritExec;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.InitiatorToken;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.Seen;
import dev.writ.artifact.Verdict;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ attest}: proves this host's state and gets an artifact for one request. */
@Command(
    name = AttestCommand.NAME,
    description = {
      "Answers the service's challenge with a quote of this host's TPM and prints the proof bundle",
      "of the artifact that it gets for it, once it holds under the trust file.",
    },
    mixinStandardHelpOptions = true)
final class AttestCommand implements Callable<Integer> {
  static final String NAME = "attest";

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServiceOptions service = new ServiceOptions();
  @Mixin HostOptions host = new HostOptions();
  @Mixin InitiatorOptions initiator = new InitiatorOptions();

  @Option(
      names = "--request",
      paramLabel = "FILE",
      description = {
        "What is asked for: {v, aud, tenant, sub, act {…}, parent?, exec?}; - is standard input.",
        "Or write the program itself after --."
      })
  @Nullable Path request;

  @Mixin ExecOptions exec = new ExecOptions();

  @Option(
      names = "--uses",
      paramLabel = "N",
      defaultValue = "1",
      description = "How often CMD may be run under the artifact (default: ${DEFAULT-VALUE}).")
  int uses = 1;

  @Mixin ParentOptions parent = new ParentOptions();

  @Option(
      names = "--print-request",
      description =
          "Prints what would be asked for CMD, as --request takes it, and asks for nothing.")
  boolean printRequest;

  @Option(
      names = "--print-nonce",
      description = {
        "Prints the nonce of an initiator's token that is good for this request of this host alone,",
        "and asks for nothing."
      })
  boolean printNonce;

  @Option(
      names = "--ear",
      paramLabel = "FILE",
      description = {
        "Also writes the Attestation Result of the artifact to FILE: an EAR as a JWT, with every rule",
        "that ran. writ verify --ear reads it."
      })
  @Nullable Path ear;

  @Parameters(
      arity = "0..*",
      paramLabel = "CMD",
      description = "A program and its arguments, to be run on this host by writ run --bundle.")
  List<String> command = List.of();

  @Option(
      names = {"-o", "--output"},
      description = "How to print a denial: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    if ((request == null) == command.isEmpty()) {
      throw CommandFailure.usage("either --request or a program after -- must be given");
    }
    if (uses < 1) {
      throw CommandFailure.usage("--uses must be at least 1, and is " + uses);
    }
    if (isParentNamed() && (printRequest || printNonce)) {
      throw CommandFailure.usage(
          "--parent is of an artifact, and --print-request and --print-nonce ask for none");
    }
    if (request != null && !exec.delegable.isEmpty()) {
      throw CommandFailure.usage(
          "--delegable is of a program, and --request says in act.delegable what may be delegated");
    }
    if (ear != null && (printRequest || printNonce)) {
      throw CommandFailure.usage(
          "--ear is of an artifact, and --print-request and --print-nonce ask for none");
    }
    if (printRequest && printNonce) {
      throw CommandFailure.usage(
          "one of --print-request and --print-nonce must be given, and not both");
    }
    if (ear == null) {
      return attest(Optional.empty());
    }
    try (AttestationResultFile file = AttestationResultFile.at(ear)) {
      return attest(Optional.of(file));
    }
  }

  private int attest(Optional<AttestationResultFile> result) throws CommandFailure {
    FollowedTrust trust =
        service.followed(sentence -> spec.commandLine().getErr().println("writ: " + sentence));
    HttpServiceEndpoint endpoint = initiator.shownTo(service.endpoint(trust));
    FollowingVerifier verifier = new FollowingVerifier(trust, Optional.of(endpoint.trustFiles()));
    String issuer = trust.newest().content().issuer();
    Optional<ExecRequest> program =
        command.isEmpty() ? Optional.empty() : Optional.of(exec.request(command, true));
    Optional<ExecBinding> binding =
        program.isPresent() ? Optional.of(bind(program.get())) : Optional.empty();
    Optional<RequestFile> file =
        request == null ? Optional.empty() : Optional.of(read(request, issuer));
    Optional<ParentBundle> above = parent();
    PrintWriter out = spec.commandLine().getOut();
    byte[] printed =
        host.attester(
            endpoint,
            attester -> {
              RequestFile wanted =
                  file.isPresent()
                      ? file.get()
                      : ofCommand(issuer, attester, program.orElseThrow(), binding.orElseThrow());
              if (printNonce) {
                return nonce(attester, wanted);
              }
              return printRequest
                  ? wanted.toJson()
                  : bundle(verifier, attest(attester, wanted, above));
            });
    out.println(new String(printed, StandardCharsets.UTF_8));
    out.flush();
    // After the bundle was printed: it is good whatever becomes of this.
    if (result.isPresent()) {
      result.get().write(trust.newest(), endpoint, printed);
    }
    return ExitStatus.DONE;
  }

  /** By an argument, rather than by the environment, which is there for others too. */
  private boolean isParentNamed() {
    return spec.commandLine().getParseResult().hasMatchedOption(ParentOptions.NAME);
  }

  private Optional<ParentBundle> parent() throws CommandFailure {
    if (printRequest || printNonce) {
      return Optional.empty();
    }
    try {
      return parent.read();
    } catch (IOException e) {
      throw CommandFailure.configuration("the parent's bundle " + parent.file, e);
    } catch (MalformedDocumentException e) {
      throw CommandFailure.configuration("the parent's bundle " + parent.file, e);
    }
  }

  private static Answer<ProofBundle> attest(
      Attester attester, RequestFile wanted, Optional<ParentBundle> parent)
      throws TpmException, IOException, AttestationFailedException, CommandFailure {
    if (parent.isPresent()) {
      try {
        parent.get().requireKey(attester.jkt());
      } catch (IllegalArgumentException e) {
        throw CommandFailure.usage(String.valueOf(e.getMessage()));
      }
      return attester.attestUnder(parent.get().artifact(), wanted.request(), wanted.exec());
    }
    return wanted.exec().isPresent()
        ? attester.attest(wanted.request(), wanted.exec().get())
        : attester.attest(wanted.request());
  }

  private static byte[] nonce(Attester attester, RequestFile wanted) {
    return InitiatorToken.nonceFor(attester.bound(wanted.request()))
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] bundle(FollowingVerifier verifier, Answer<ProofBundle> answer)
      throws CommandFailure {
    byte[] bundle = CommandFailure.granted(answer).toJson();
    requireSound(verifier, bundle);
    return bundle;
  }

  private static ExecBinding bind(ExecRequest wanted) throws CommandFailure {
    try (WritExec starter = ExecOptions.writExec()) {
      Execution.Preparation preparation = Execution.prepare(starter, wanted);
      if (preparation instanceof Execution.Preparation.Bound bound) {
        return bound.execution().binding();
      }
      throw CommandFailure.usage(
          ((Execution.Preparation.Impossible) preparation).outcome().sentence());
    } catch (IOException e) {
      throw CommandFailure.configuration("writ-exec", e);
    }
  }

  private RequestFile ofCommand(
      String issuer, Attester attester, ExecRequest program, ExecBinding binding)
      throws CommandFailure {
    try {
      return new RequestFile(
          attester.executionHere(issuer, program, binding, uses), Optional.of(binding));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }

  private static RequestFile read(Path file, String issuer) throws CommandFailure {
    try (InputStream in = file.toString().equals("-") ? System.in : Files.newInputStream(file)) {
      return RequestFile.parse(in.readNBytes(RequestFile.MAX_BYTES + 1), issuer);
    } catch (IOException | MalformedDocumentException | IllegalArgumentException e) {
      throw CommandFailure.configuration("the request " + file, e);
    }
  }

  /** A bundle that no gateway would take is better found here than at the gateway. */
  private static void requireSound(FollowingVerifier verifier, byte[] bundle)
      throws CommandFailure {
    Verdict verdict =
        verifier.verify(bundle, Presentation.NOTHING, Seen.NOTHING_IS_USED, Instant.now());
    if (verdict instanceof Verdict.Denied denied) {
      throw CommandFailure.integrity(
          "the service's bundle must hold under the trust file, and does not: "
              + denied.code().wire()
              + ": "
              + denied.reason());
    }
  }
}
