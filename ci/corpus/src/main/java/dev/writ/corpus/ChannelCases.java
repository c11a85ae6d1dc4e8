// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.agent.ChannelKey;
import dev.writ.agent.PinnedTls;
import dev.writ.corpus.ServiceUnderTest.Reply;
import dev.writ.fixtures.SoftwareTpmKey;
import dev.writ.load.ChannelDemand;
import dev.writ.policy.Decision;
import dev.writ.policy.Inputs;
import dev.writ.policy.Policy;
import dev.writ.policy.PolicyDocument;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.interfaces.ECPublicKey;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLSocket;

/** 83: a genuine application over a connection that is not its holder's, where that is demanded. */
final class ChannelCases {
  /** How many hosts of their own these cases need. */
  static final int HOSTS = 1;

  private static final String TITLE = "TLS session not bound when channel binding is demanded";
  private static final String OTHERS = "channel_key_mismatch";
  private static final String NAME = "localhost";
  private static final int PATIENCE_MS = 40_000;

  private final Path project;
  private final ServiceUnderTest service;

  ChannelCases(Path project, ServiceUnderTest service) {
    this.project = project;
    this.service = service;
  }

  List<NegativeCase> cases() {
    return List.of(
        new NegativeCase(83, Level.VERIFIER, TITLE, this::decided),
        new NegativeCase(
            83,
            Level.SERVICE,
            TITLE,
            tries -> {
              if (service.isOurs()) {
                relayed(tries);
              } else {
                tries.skip(service.absence());
              }
            }));
  }

  /** What the policy says of what a connection showed. */
  private void decided(Tries tries) throws Exception {
    PolicyDocument example =
        PolicyDocument.parse(Files.readAllBytes(project.resolve("docs/examples/dev-policy.json")));
    Policy policy = Policy.compile(ChannelDemand.of(example, List.of("host-a")));
    String allowed = new String(example.tests().get(0).inputs().toJson(), StandardCharsets.UTF_8);
    tries.accepted("a bound channel", () -> decided(policy, channel(allowed, "bound")));
    tries.refused(
        "an unbound one", ChannelDemand.RULE, () -> decided(policy, channel(allowed, "unbound")));
    tries.refused(
        "one of which nothing is known", ChannelDemand.RULE, () -> decided(policy, allowed));
    tries.accepted(
        "an unbound one, and no such demand",
        () -> decided(Policy.compile(example), channel(allowed, "unbound")));
  }

  private static String channel(String inputs, String value) {
    return inputs.replace("\"env\":{", "\"env\":{\"channel\":\"" + value + "\",");
  }

  private static Observed decided(Policy policy, String inputs) throws Exception {
    Decision decision = policy.decide(Inputs.parse(inputs.getBytes(StandardCharsets.UTF_8)));
    return decision instanceof Decision.Deny deny
        ? Observed.refused(deny.reasons().get(0).rule())
        : Observed.ACCEPTED;
  }

  private void relayed(Tries tries) throws Exception {
    CorpusHost host =
        CorpusHost.manufacture(service.own().hostNames().get(ServiceCases.HOSTS), service);
    CorpusHost.require(201, host.enrol());
    Optional<ChannelKey> own = Optional.of(key(host.instanceKey()));
    tries.accepted("over its holder's connection", () -> issued(own, application(host)));
    tries.refused(
        "over TLS of nobody",
        ChannelDemand.RULE,
        () -> issued(Optional.empty(), application(host)));
    tries.refused(
        "over plain HTTP",
        ChannelDemand.RULE,
        () -> service.post("/v1/artifacts", application(host)).observed());
    String relayed = application(host);
    for (int i = 0; i < 2; i++) {
      tries.refused(
          "over TLS of another",
          OTHERS,
          () -> issued(Optional.of(key(SoftwareTpmKey.instance())), relayed));
    }
    tries.accepted("the same, over its holder's", () -> issued(own, relayed));
    tries.refused("and once more", "challenge_used", () -> issued(own, relayed));
  }

  private static String application(CorpusHost host) throws Exception {
    return host.application(host.challenge());
  }

  private static ChannelKey key(SoftwareTpmKey key) {
    return new ChannelKey((ECPublicKey) key.publicKey(), key::signDigest);
  }

  /** What comes of an application over a connection whose client shows this key, or none. */
  private Observed issued(Optional<ChannelKey> shown, String application) throws IOException {
    PinnedTls pinned = PinnedTls.of(service.own().trust().content().tls(), InstantSource.system());
    PinnedTls tls = shown.isPresent() ? pinned.showing(shown.get()) : pinned;
    int port = service.own().tlsPort().orElseThrow();
    byte[] body = application.getBytes(StandardCharsets.UTF_8);
    String head =
        "POST /v1/artifacts HTTP/1.1\r\nHost: "
            + NAME
            + "\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length
            + "\r\n\r\n";
    try (SSLSocket socket =
        tls.over(new Socket(InetAddress.getLoopbackAddress(), port), NAME, port)) {
      socket.setSoTimeout(PATIENCE_MS);
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().write(body);
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Reply(status(answer), answer.substring(answer.indexOf("\r\n\r\n"))).observed();
    }
  }

  private static int status(String answer) throws IOException {
    if (!answer.matches("(?s)HTTP/1\\.1 [0-9]{3} .*\r\n\r\n.*")) {
      throw new IOException("the door must answer in HTTP/1.1, sent: " + answer);
    }
    return Integer.parseInt(answer.substring(9, 12));
  }
}
