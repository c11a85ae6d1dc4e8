// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Answer;
import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.Seen;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code writ attest}: proves this host's state and gets an artifact for one request. */
@Command(
    name = "attest",
    description = {
      "Answers the service's challenge with a quote of this host's TPM and prints the proof bundle",
      "of the artifact that it gets for it, once it holds under the trust file.",
    },
    mixinStandardHelpOptions = true)
final class AttestCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ServiceOptions service = new ServiceOptions();
  @Mixin HostOptions host = new HostOptions();

  @Option(
      names = "--request",
      required = true,
      paramLabel = "FILE",
      description =
          "What is asked for: {v, aud, tenant, sub, act {…}, parent?}; - is standard input.")
  Path request = Path.of("");

  @Option(
      names = {"-o", "--output"},
      description = "How to print a denial: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    TrustFile trust = service.readTrust();
    HttpServiceEndpoint endpoint = service.endpoint(trust);
    ExecutionRequest wanted = readRequest(trust.content().issuer());
    Answer<ProofBundle> answer = host.attester(endpoint, attester -> attester.attest(wanted));
    byte[] bundle = CommandFailure.granted(answer).toJson();
    requireSound(trust, bundle);
    PrintWriter out = spec.commandLine().getOut();
    out.println(new String(bundle, StandardCharsets.UTF_8));
    out.flush();
    return ExitStatus.DONE;
  }

  private ExecutionRequest readRequest(String issuer) throws CommandFailure {
    try (InputStream in =
        request.toString().equals("-") ? System.in : Files.newInputStream(request)) {
      return RequestFile.parse(in.readNBytes(ExecutionRequest.MAX_BYTES + 1), issuer);
    } catch (IOException | MalformedJsonException | IllegalArgumentException e) {
      throw CommandFailure.configuration("the request " + request, e);
    }
  }

  /** A bundle that no gateway would take is better found here than at the gateway. */
  private static void requireSound(TrustFile trust, byte[] bundle) throws CommandFailure {
    Verdict verdict =
        BundleVerifier.of(trust)
            .verify(bundle, Presentation.NOTHING, Seen.NOTHING_IS_USED, Instant.now());
    if (verdict instanceof Verdict.Denied denied) {
      throw CommandFailure.integrity(
          "the service's bundle must hold under the trust file, and does not: "
              + denied.code().wire()
              + ": "
              + denied.reason());
    }
  }
}
