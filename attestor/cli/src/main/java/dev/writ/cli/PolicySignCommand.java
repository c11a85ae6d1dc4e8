// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.MalformedEnvelopeException;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.Policy;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.PolicyTests;
import dev.writ.policy.Rule;
import dev.writ.policy.TestReport;
import dev.writ.service.GivenPolicy;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ policy sign}: an author's or approver's word for a policy. */
@Command(
    name = "sign",
    description = {
      "Shows what a policy is, and signs it with a key once that is confirmed: the author first, then the",
      "approvers, each on their own machine. Of a document it makes an envelope (DSSE), to an envelope it",
      "adds a signature. A document that could be no policy is not signed."
    },
    mixinStandardHelpOptions = true)
final class PolicySignCommand implements Callable<Integer> {
  private static final Pattern THUMBPRINT = Pattern.compile("[A-Za-z0-9_-]{43}");

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "FILE",
      description = "A policy, JSON or YAML, or an envelope that others signed.")
  Path file = Path.of("");

  @Option(
      names = "--key",
      required = true,
      paramLabel = "KEY",
      description = {
        "The signer's P-256 key: a file with PKCS#8 in PEM, readable by its owner alone; or in a token,",
        "pkcs11:token=LABEL;object=LABEL?module-path=/FILE&pin-source=file:/FILE (RFC 7512)."
      })
  String key = "";

  @Option(
      names = "--out",
      required = true,
      paramLabel = "ENVELOPE",
      description = "Where the envelope is written: a new file, or FILE itself.")
  Path out = Path.of("");

  @Mixin Confirmation confirmation = new Confirmation();

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    GivenPolicy given = read(file);
    PolicyDocument document = given.document();
    PolicyEnvelope unsigned;
    try {
      unsigned = given.envelope().orElseGet(() -> PolicyEnvelope.of(document.canonical()));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.configuration("the policy " + file + " must fit into an envelope", e);
    }
    if (Files.exists(out) && !(given.envelope().isPresent() && isSame(file, out))) {
      throw CommandFailure.configuration(
          "--out must be a new file, or the envelope that is signed itself, and "
              + out
              + " is there");
    }
    try (OperatorKey signer = OperatorKey.named("--key", key)) {
      requireRoom(document, unsigned, signer);
      show(document, unsigned, signer);
      confirmation.ask();
      PolicyEnvelope signed = unsigned.with(signer.sign(unsigned.signingInput()));
      write(signed);
      print(document, signer);
    }
    return ExitStatus.DONE;
  }

  private static GivenPolicy read(Path file) throws CommandFailure {
    byte[] bytes = PolicyFile.bytes(file);
    if (!PolicyEnvelope.isLike(bytes)) {
      return GivenPolicy.unsigned(requireTested(file, PolicyFile.policy(file)));
    }
    try {
      GivenPolicy given = GivenPolicy.of(PolicyEnvelope.parse(bytes));
      var unused = requireTested(file, Policy.compile(given.document()));
      return given;
    } catch (MalformedPolicyException | MalformedEnvelopeException e) {
      throw CommandFailure.configuration("the envelope " + file, e);
    }
  }

  /** Nor what the service would refuse. */
  private static PolicyDocument requireTested(Path file, Policy policy) throws CommandFailure {
    TestReport report = PolicyTests.run(policy);
    List<String> wanting = report.passed() ? report.gaps() : report.failures();
    if (!wanting.isEmpty()) {
      throw CommandFailure.invalid(
          "the policy's own tests must pass and hold every rule, and do not: "
              + wanting.get(0)
              + (wanting.size() > 1 ? "; and " + (wanting.size() - 1) + " more" : "")
              + "; see writ policy "
              + (report.passed() ? "cover " : "test ")
              + file);
    }
    return policy.document();
  }

  private static boolean isSame(Path one, Path other) throws CommandFailure {
    try {
      return Files.isSameFile(one, other);
    } catch (IOException e) {
      throw CommandFailure.configuration("--out", e);
    }
  }

  /** What nobody could use is not signed. */
  private static void requireRoom(
      PolicyDocument document, PolicyEnvelope envelope, OperatorKey signer) throws CommandFailure {
    if (!THUMBPRINT.matcher(document.author()).matches()) {
      throw CommandFailure.invalid(
          "the policy's author must be the thumbprint of the author's key, such as "
              + Thumbprint.text(signer.kid())
              + " of this one, and is "
              + document.author());
    }
    if (envelope.names(signer.kid())) {
      throw CommandFailure.invalid(
          "the envelope must have no signature of this key yet, and has one of "
              + Thumbprint.text(signer.kid()));
    }
  }

  private void show(PolicyDocument document, PolicyEnvelope envelope, OperatorKey signer) {
    long shadow = document.rules().stream().filter(rule -> rule.mode() == Rule.Mode.SHADOW).count();
    boolean isAuthor = document.author().equals(Thumbprint.text(signer.kid()));
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("policy", document.id());
    facts.put("version", document.version());
    facts.put("digest", document.digest().hex());
    facts.put("previous", document.previous().map(digest -> digest.hex()).orElse("none"));
    facts.put("author", document.author() + (isAuthor ? ", this key" : ""));
    facts.put("effective from", document.effectiveFrom());
    facts.put("expires", document.expires());
    facts.put("lifetime", document.lifetime().toSeconds() + " s");
    facts.put("tenants", String.join(", ", document.targets()));
    facts.put("rules", document.rules().size() + ", of them in shadow mode " + shadow);
    facts.put(
        "earlier artifacts",
        document.endsEarlierArtifacts()
            ? "END when it comes into force"
            : "hold until their own end");
    facts.put("signed before", signedBefore(envelope));
    PrintWriter err = spec.commandLine().getErr();
    Lines lines = new Lines();
    facts.forEach((name, value) -> lines.fact(name, String.valueOf(value)));
    err.print(lines);
    err.flush();
  }

  /** Whether a signature holds is the service's to say: it takes keys, and here are their names alone. */
  private static String signedBefore(PolicyEnvelope envelope) {
    String kids =
        envelope.keyids().stream()
            .map(kid -> THUMBPRINT.matcher(kid).matches() ? kid : "no key of ours")
            .collect(Collectors.joining(", "));
    return kids.isEmpty()
        ? "by nobody"
        : "in the name of " + kids + "; whether they hold is not judged here";
  }

  private void write(PolicyEnvelope signed) throws CommandFailure {
    try {
      Path whole = Files.createTempFile(out.toAbsolutePath().getParent(), ".writ", null);
      try {
        Path unused = Files.write(whole, signed.toJson(), StandardOpenOption.DSYNC);
        unused = Files.move(whole, out, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        boolean unused = Files.deleteIfExists(whole);
      }
    } catch (IOException e) {
      throw CommandFailure.configuration("--out", e);
    }
  }

  private void print(PolicyDocument document, OperatorKey signer) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("policy", document.id());
    facts.put("version", document.version());
    facts.put("digest", document.digest().hex());
    facts.put("signer", Thumbprint.text(signer.kid()));
    facts.put("envelope", out.toString());
    new Printer(spec.commandLine().getOut(), output).print(facts);
  }
}
