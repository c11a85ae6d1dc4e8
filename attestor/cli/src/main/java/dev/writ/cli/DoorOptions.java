// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ClientCredential;
import dev.writ.agent.OperatorClient;
import dev.writ.agent.Timeouts;
import dev.writ.service.TlsCredential;
import dev.writ.service.TlsCredentialFiles;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** At which of a service's doors an operator asks: the socket beside it, or TLS from elsewhere. */
final class DoorOptions {
  @Option(
      names = "--socket",
      paramLabel = "PATH",
      description = "The service's Unix socket for operators.")
  @Nullable Path socket;

  @ArgGroup(exclusive = false)
  @Nullable Tls tls;

  /** The door with client certificates, and who comes to it. */
  static final class Tls {
    @Option(
        names = "--operator",
        required = true,
        paramLabel = "URL",
        description =
            "The service's operators' TLS door, https://HOST[:PORT], instead of its socket.")
    URI operator = URI.create("");

    @Option(
        names = "--client-cert",
        required = true,
        paramLabel = "FILE",
        description = "The operator's certificate in PEM, and what stands between it and its root.")
    Path certificate = Path.of("");

    @Option(
        names = "--client-key",
        required = true,
        paramLabel = "FILE",
        description = "Its key: PKCS#8 in PEM, readable by its owner alone.")
    Path key = Path.of("");

    @Option(
        names = "--server-pin",
        required = true,
        paramLabel = "HEX",
        converter = Pin.class,
        description = {
          "SHA-256 of the door's public key, or of an authority's above it, as the trust file's tls has it;",
          "may be given again."
        })
    List<Hash> pins = List.of();

    private OperatorClient client() throws CommandFailure {
      try {
        OwnersFile.require(key);
        TlsCredential credential = new TlsCredentialFiles(certificate, key).next();
        return new OperatorClient(
            operator,
            pins,
            new ClientCredential(credential.key(), credential.chain()),
            Clock.systemUTC(),
            Timeouts.STANDARD);
      } catch (IOException | GeneralSecurityException e) {
        throw CommandFailure.configuration("--client-cert, --client-key", e);
      } catch (IllegalArgumentException e) {
        throw CommandFailure.usage("--operator: " + e.getMessage());
      }
    }
  }

  /** A pin on the command line, as trust files write it. */
  static final class Pin implements ITypeConverter<Hash> {
    @Override
    public Hash convert(String text) {
      try {
        return Hash.fromHex(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(
            "must be the SHA-256 of a public key, 64 hex digits, was " + text);
      }
    }
  }

  /** A question to the service. */
  interface Question<T> {
    T ask(OperatorClient service) throws IOException, CommandFailure;
  }

  /** Who asks at the door. */
  OperatorClient client() throws CommandFailure {
    if (tls != null) {
      return tls.client();
    } else if (socket != null) {
      return new OperatorClient(socket, Timeouts.STANDARD);
    }
    throw CommandFailure.usage("--socket or --operator must be given");
  }

  /** Asks, and says so where nobody answers. */
  <T> T ask(Question<T> question) throws CommandFailure {
    OperatorClient client = client();
    try {
      return question.ask(client);
    } catch (IOException e) {
      throw CommandFailure.unreachable("the service at " + place() + " must answer", e);
    }
  }

  private String place() {
    return tls == null ? String.valueOf(socket) : tls.operator.toString();
  }
}
