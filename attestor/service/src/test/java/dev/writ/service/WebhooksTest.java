// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.writ.agent.PinnedTls;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevocationVerdict;
import dev.writ.artifact.SeenInMemory;
import dev.writ.hsm.ServerCertificate;
import dev.writ.ledger.Ledger;
import dev.writ.tlog.Hash;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Revocations that are posted, by a whole service. */
@Timeout(60)
final class WebhooksTest {
  @TempDir private static Path folder;
  private static ServiceToken token;
  private static Deployment deployment;
  private static SoftwareHost host;

  @BeforeAll
  static void start() throws Exception {
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @AfterAll
  static void stop() throws Exception {
    deployment.close();
    token.close();
  }

  /** One post as it came. */
  private record Post(String id, byte[] body) {}

  /** Takes what is posted to it, and answers with what the test says next, else with 204. */
  private static final class Receiver implements AutoCloseable {
    final BlockingQueue<Post> posts = new LinkedBlockingQueue<>();
    final BlockingQueue<Integer> answers = new LinkedBlockingQueue<>();
    private final HttpServer server;
    private final String scheme;
    private volatile String location = "";

    Receiver(Optional<SSLContext> tls) throws IOException {
      InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      if (tls.isPresent()) {
        HttpsServer made = HttpsServer.create(any, 8);
        made.setHttpsConfigurator(new HttpsConfigurator(tls.get()));
        server = made;
      } else {
        server = HttpServer.create(any, 8);
      }
      scheme = tls.isPresent() ? "https" : "http";
      server.createContext("/", this::take);
      server.start();
    }

    private void take(HttpExchange exchange) throws IOException {
      // What the test says once it has seen this post is for those after it.
      Integer status = answers.poll();
      posts.add(
          new Post(
              exchange.getRequestHeaders().getFirst("Writ-Event-Id"),
              exchange.getRequestBody().readAllBytes()));
      if (!location.isEmpty()) {
        exchange.getResponseHeaders().set("Location", location);
      }
      exchange.sendResponseHeaders(status == null ? 204 : status, -1);
      exchange.close();
    }

    URI url() {
      return URI.create(scheme + "://127.0.0.1:" + server.getAddress().getPort() + "/in");
    }

    Post next() throws InterruptedException {
      Post post = posts.poll(20, TimeUnit.SECONDS);
      assertThat(post).isNotNull();
      return post;
    }

    Post next(long id) throws InterruptedException {
      Post post = next();
      while (!post.id().equals("" + id)) {
        post = next();
      }
      return post;
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  private static Webhooks open(Webhook... hooks) {
    return Webhooks.open(deployment.service(), List.of(hooks), deployment.clock);
  }

  private static Webhook plain(String name, URI url) {
    return new Webhook(name, url, Optional.empty());
  }

  private static long revoke() throws Exception {
    RevocationOutcome outcome =
        Deployment.join(
            deployment
                .service()
                .revocations()
                .revoke(Deployment.claims(deployment.attest(host)).jti(), RevocationReason.CEASED));
    return ((RevocationOutcome.Revoked) outcome).leafIndex();
  }

  private static String metrics() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrometheusTextFormatWriter.builder()
        .build()
        .write(out, deployment.service().telemetry().registry().scrape());
    return out.toString(StandardCharsets.UTF_8);
  }

  private static void awaitMetric(String line) throws Exception {
    for (int i = 0; i < 1_000 && !metrics().contains(line); i++) {
      Thread.sleep(10);
    }
    assertThat(metrics()).contains(line);
  }

  @Test
  void revocation_isPostedWithItsProof_untilItIsTaken_andNotAgainAfterAStart() throws Exception {
    try (Receiver receiver = new Receiver(Optional.empty())) {
      long leaf;
      try (Webhooks hooks = open(plain("siem", receiver.url()))) {
        long before = revoke();
        assertThat(receiver.next(before)).isNotNull();
        receiver.answers.addAll(List.of(500, 302));
        receiver.location = "http://127.0.0.1:1/elsewhere";
        leaf = revoke();
        long behind = revoke();

        Post first = receiver.next(leaf);
        assertThat(
                BundleVerifier.of(deployment.trust())
                    .learnRevocation(first.body(), new SeenInMemory(), deployment.clock.instant()))
            .isInstanceOfSatisfying(
                RevocationVerdict.Believed.class,
                believed -> assertThat(believed.index()).isEqualTo(leaf));
        // Neither an error nor a redirect takes it, and what is behind it waits.
        assertThat(receiver.next().id()).isEqualTo("" + leaf);
        assertThat(receiver.next().id()).isEqualTo("" + leaf);
        assertThat(receiver.next().id()).isEqualTo("" + behind);
        awaitMetric("writ_webhook_events_total{outcome=\"failed\",webhook=\"siem\"} 2.0");
        awaitMetric("writ_webhook_failing{webhook=\"siem\"} 0.0");
        assertThat(hooks).isNotNull();
      }
      assertThat(metrics()).doesNotContain("siem");
      try (Webhooks again = open(plain("siem", receiver.url()))) {
        long after = revoke();
        assertThat(receiver.next().id()).isEqualTo("" + after);
        assertThat(again).isNotNull();
      }
    }
  }

  /** One is refused until then, and nobody hears of the other. */
  @Test
  void revocation_thatWasNotDeliveredWhenTheServiceStopped_isDeliveredAfterwards_howeverLate()
      throws Exception {
    try (Receiver receiver = new Receiver(Optional.empty())) {
      long refused;
      try (Webhooks hooks = open(plain("stopped", receiver.url()))) {
        long taken = revoke();
        assertThat(receiver.next(taken)).isNotNull();
        awaitMetric("writ_webhook_failing{webhook=\"stopped\"} 0.0");
        receiver.answers.addAll(Collections.nCopies(1_000, 503));
        assertThat(hooks).isNotNull();
        refused = revoke();
        assertThat(receiver.next(refused)).isNotNull();
      }
      long unheard = revoke();
      receiver.answers.clear();
      receiver.posts.clear();
      InstantSource later = () -> deployment.clock.instant().plus(Duration.ofDays(3));
      try (Webhooks hooks =
          Webhooks.open(deployment.service(), List.of(plain("stopped", receiver.url())), later)) {
        assertThat(receiver.next().id()).isEqualTo("" + refused);
        assertThat(receiver.next().id()).isEqualTo("" + unheard);
        awaitMetric("writ_webhook_events_total{outcome=\"given_up\",webhook=\"stopped\"} 0.0");
        assertThat(hooks).isNotNull();
      }
    }
  }

  /** A node that is killed has not kept that the webhook took it. */
  @Test
  void revocation_thatWasTaken_isDeliveredAgain_whereThatWasNotKept() throws Exception {
    Ledger ledger = deployment.service().ledger();
    RevocationEvents events = new RevocationEvents(ledger);
    Instant now = deployment.clock.instant();
    long from = new DeliveryPlace(ledger, events, "killed").next(now);
    DeliveryPlace place = new DeliveryPlace(ledger, events, "killed");
    assertThat(place.next(now)).isEqualTo(from);
    place.told(from + 3);
    place.told(from + 4);
    assertThat(new DeliveryPlace(ledger, events, "killed").next(now)).isEqualTo(from + 4);
    place.settle();
    assertThat(new DeliveryPlace(ledger, events, "killed").next(now)).isEqualTo(from + 5);
    assertThat(ledger.told("killed")).hasValue(from + 5);
  }

  /** One that is not there, and one that takes connections and says nothing. */
  @Test
  void hookThatIsDead_orNeverAnswers_holdsUpNobody() throws Exception {
    int nobody;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = free.getLocalPort();
    }
    try (ServerSocket silent = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        Receiver receiver = new Receiver(Optional.empty());
        Webhooks hooks =
            open(
                plain("dead", URI.create("http://127.0.0.1:" + nobody + "/")),
                plain("silent", URI.create("http://127.0.0.1:" + silent.getLocalPort() + "/")),
                plain("good", receiver.url()))) {
      for (int i = 0; i < 5; i++) {
        long leaf = revoke();
        assertThat(receiver.next(leaf).id()).isEqualTo("" + leaf);
      }
      awaitMetric("writ_webhook_failing{webhook=\"dead\"} 1.0");
      assertThat(metrics()).contains("writ_webhook_failing{webhook=\"good\"} 0.0");
      assertThat(hooks).isNotNull();
    }
  }

  @Test
  void whatNoLongerWithdrawsAnything_isGivenUp_andNotPostedAfterAStart() throws Exception {
    try (Receiver receiver = new Receiver(Optional.empty())) {
      var unused = revoke();
      AtomicInteger asked = new AtomicInteger();
      InstantSource later =
          () -> {
            // The first look is of now, all after it of when everything has ended.
            Instant now = deployment.clock.instant();
            return asked.getAndIncrement() == 0 ? now : now.plus(Duration.ofHours(3));
          };
      try (Webhooks hooks =
          Webhooks.open(deployment.service(), List.of(plain("late", receiver.url())), later)) {
        for (int i = 0; i < 50; i++) {
          receiver.answers.add(400);
        }
        assertThat(receiver.next()).isNotNull();
        awaitMetric("writ_webhook_events_total{outcome=\"delivered\",webhook=\"late\"} 0.0");
        assertThat(hooks).isNotNull();
        for (int i = 0;
            i < 500 && metrics().contains("outcome=\"given_up\",webhook=\"late\"} 0");
            i++) {
          Thread.sleep(10);
        }
        assertThat(metrics()).doesNotContain("outcome=\"given_up\",webhook=\"late\"} 0");
      }
      receiver.posts.clear();
      try (Webhooks hooks =
          Webhooks.open(
              deployment.service(),
              List.of(plain("late", receiver.url())),
              () -> deployment.clock.instant().plus(Duration.ofHours(3)))) {
        assertThat(receiver.posts.poll(300, TimeUnit.MILLISECONDS)).isNull();
        assertThat(hooks).isNotNull();
      }
    }
  }

  /** By who says that it cannot take this one; who is away, or set up wrongly, is waited for. */
  @Test
  void oneEventThatIsCalledUnfit_isGivenUpSoon_andNoOther() throws Exception {
    RevocationEvents events = new RevocationEvents(deployment.service().ledger());
    try (Receiver receiver = new Receiver(Optional.empty());
        WebhookDelivery delivery =
            new WebhookDelivery(
                plain("unfit", receiver.url()),
                events,
                new DeliveryPlace(deployment.service().ledger(), events, "unfit"),
                new WebhookDelivery.Pauses(1, 2),
                deployment.clock)) {
      delivery.start();
      long before = revoke();
      delivery.tell();
      assertThat(receiver.next(before)).isNotNull();
      List<Integer> unfit = List.of(400, 413, 415, 422, 400, 413, 415);
      receiver.answers.addAll(unfit);
      receiver.answers.addAll(List.of(503, 422));
      receiver.answers.addAll(Collections.nCopies(20, 404));
      receiver.answers.addAll(unfit);
      long refused = revoke();
      long behind = revoke();
      delivery.tell();

      for (int i = 0; i <= WebhookDelivery.MOST_UNFIT; i++) {
        assertThat(receiver.next().id()).isEqualTo("" + refused);
      }
      for (int i = 0; i <= 20 + unfit.size(); i++) {
        assertThat(receiver.next().id()).isEqualTo("" + behind);
      }
      long last = revoke();
      delivery.tell();
      assertThat(receiver.next().id()).isEqualTo("" + last);
      assertThat(delivery.givenUp()).isEqualTo(1);
      assertThat(delivery.refused()).isEqualTo(9L + 20 + unfit.size());
    }
  }

  @Test
  void hookThatRefuses_isTriedLessAndLessOften_alsoWhereNobodyCanSayWhetherToGiveUp()
      throws Exception {
    var unused = revoke();
    AtomicInteger asked = new AtomicInteger();
    RevocationEvents events = new RevocationEvents(deployment.service().ledger());
    InstantSource once =
        () -> {
          if (asked.getAndIncrement() > 0) {
            throw new IllegalStateException("the time is told once");
          }
          return deployment.clock.instant();
        };
    try (Receiver receiver = new Receiver(Optional.empty());
        WebhookDelivery delivery =
            new WebhookDelivery(
                plain("refuses", receiver.url()),
                events,
                new DeliveryPlace(deployment.service().ledger(), events, "refuses"),
                WebhookDelivery.Pauses.USUAL,
                once)) {
      receiver.answers.addAll(Collections.nCopies(1_000, 400));
      delivery.start();
      assertThat(receiver.next()).isNotNull();
      for (int i = 0; i < 100; i++) {
        delivery.tell();
        Thread.sleep(5);
      }
      assertThat(receiver.posts).hasSizeLessThan(10);
      assertThat(asked.get()).isGreaterThan(1);
    }
  }

  @Test
  void hookOverTls_mustShowAKeyThatIsPinned() throws Exception {
    ServerCertificate certificate =
        ServerCertificate.issue(
            token.keys().tls(),
            List.of("127.0.0.1"),
            Instant.now(),
            Duration.ofHours(1),
            new SecureRandom());
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(certificate.keyStore(), new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    try (Receiver receiver = new Receiver(Optional.of(context));
        Webhooks hooks =
            open(
                new Webhook("known", receiver.url(), Optional.of(pinned(token.keys().tlsPin()))),
                new Webhook(
                    "other", receiver.url(), Optional.of(pinned(token.keys().issuerKid()))))) {
      long leaf = revoke();
      assertThat(receiver.next(leaf).id()).isEqualTo("" + leaf);
      awaitMetric("writ_webhook_failing{webhook=\"other\"} 1.0");
      assertThat(metrics())
          .contains("writ_webhook_events_total{outcome=\"delivered\",webhook=\"other\"} 0.0");
      assertThat(hooks).isNotNull();
    }
  }

  private static SSLContext pinned(Hash pin) {
    return PinnedTls.of(List.of(pin), InstantSource.system()).context();
  }

  @Test
  void placesThatAreNotFixedAndBelieved_areRefused() {
    for (String bad :
        List.of(
            "http://10.0.0.1/",
            "http://localhost/",
            "http://127.0.0.256/",
            "https://127.0.0.1/",
            "ftp://127.0.0.1/",
            "http://u@127.0.0.1/",
            "http://127.0.0.1/#x",
            "/x")) {
      assertThatThrownBy(() -> plain("a", URI.create(bad)))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class);
    }
    Webhook one = plain("a", URI.create("http://127.0.0.1:1/"));
    assertThatThrownBy(() -> open(one, one)).isInstanceOf(IllegalArgumentException.class);
  }
}
