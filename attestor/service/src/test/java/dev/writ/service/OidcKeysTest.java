// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.ECKey;
import dev.writ.service.InitiatorsConfig.Keys;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Keys of an identity provider on this machine, and who waits for them. */
@Timeout(60)
final class OidcKeysTest {
  private final AtomicLong nanos = new AtomicLong();
  private final ExecutorService reader = Executors.newSingleThreadExecutor();
  private ECKey key;
  private LoopbackIdp idp;
  private OidcKeys keys;

  @BeforeEach
  void begin() throws Exception {
    key = LoopbackIdp.p256("k1");
    idp = LoopbackIdp.of(key);
    keys =
        new OidcKeys(
            "corp", JwksSource.of(new Keys.At(idp.url())), Duration.ofHours(1), nanos::get, reader);
  }

  @AfterEach
  void end() {
    idp.close();
    var unused = reader.shutdownNow();
  }

  private OidcKeys.Found find(String kid) {
    return keys.find(kid, JWSAlgorithm.ES256);
  }

  private CompletableFuture<Void> ready(String kid) {
    return keys.ready(kid, JWSAlgorithm.ES256).toCompletableFuture();
  }

  private static void join(List<CompletableFuture<Void>> all) throws Exception {
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(5, TimeUnit.SECONDS);
  }

  /** One who reads is enough: the others wait for it. */
  @Test
  void storm_fromMany_isOneQuestion() throws Exception {
    List<CompletableFuture<Void>> waiting = new ArrayList<>();
    for (int i = 0; i < OidcKeys.MOST_WAITING; i++) {
      waiting.add(ready("k1"));
    }
    join(waiting);
    assertThat(idp.asked).hasValue(1);
    assertThat(find("k1")).isInstanceOf(OidcKeys.Found.Key.class);
  }

  @Test
  void provider_thatHangs_isWaitedForBySoMany_andByNoMore() throws Exception {
    idp.hang();
    List<CompletableFuture<Void>> waiting = new ArrayList<>();
    for (int i = 0; i < OidcKeys.MOST_WAITING; i++) {
      waiting.add(ready("k" + i));
    }
    assertThat(waiting).noneMatch(CompletableFuture::isDone);
    for (int i = 0; i < 200; i++) {
      assertThat(ready("more-" + i)).as("judged by the keys there are").isDone();
    }
    idp.release();
    join(waiting);

    // Their places are free again.
    nanos.addAndGet(OidcKeys.BETWEEN.toNanos());
    idp.hang();
    CompletableFuture<Void> later = ready("k2");
    assertThat(later).isNotDone();
    idp.release();
    join(List.of(later));
    assertThat(idp.asked).hasValue(2);
  }

  /** RFC 7517 section 5: one that is not understood says nothing of the others. */
  @Test
  void member_thatIsNoKey_isLeftOut_andTheOthersAreThere() throws Exception {
    String good = key.toPublicJWK().toJSONString();
    ECKey later = LoopbackIdp.p256("k2");
    List<String> odd =
        List.of(
            "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\",\"kid\":\"odd\"}",
            "{\"kty\":\"EC\",\"crv\":\"P-256\"}",
            "{\"kty\":\"AKP\",\"alg\":\"ML-DSA-65\",\"pub\":\"AA\"}",
            "{\"kty\":5}",
            "{}",
            "5",
            "null",
            "[]",
            good.replace("{", "{\"use\":\"sig\",\"key_ops\":[\"encrypt\"],"),
            good.replace("{", "{\"x5c\":[\"AA\"],"),
            later.toJSONString());
    List<LogRecord> told = new ArrayList<>();
    Handler handler = collecting(told);
    Logger logger = Logger.getLogger(OidcKeys.class.getName());
    logger.addHandler(handler);
    try {
      idp.answer(200, set(good + "," + String.join(",", odd)));
      for (int i = 0; i < 3; i++) {
        nanos.addAndGet(OidcKeys.BETWEEN.toNanos());
        join(List.of(ready("k2")));
      }
    } finally {
      logger.removeHandler(handler);
    }
    assertThat(idp.asked).hasValue(3);
    assertThat(find("k1")).isInstanceOf(OidcKeys.Found.Key.class);
    assertThat(find("k2")).as("a secret").isInstanceOf(OidcKeys.Found.None.class);
    assertThat(find("odd")).isInstanceOf(OidcKeys.Found.None.class);
    assertThat(told)
        .as("once, however often it is read")
        .singleElement()
        .satisfies(one -> assertThat(one.getMessage()).startsWith("initiator_keys_skipped"));
  }

  @Test
  void document_thatIsNoSet_isRefused_andThoseOfBeforeCount() throws Exception {
    join(List.of(ready("k1")));
    ECKey later = LoopbackIdp.p256("k2");
    String one = later.toPublicJWK().toJSONString();
    for (String text : List.of("{}", "{\"keys\":" + one + "}", "[" + one + "]", one)) {
      idp.answer(200, text.getBytes(StandardCharsets.UTF_8));
      nanos.addAndGet(OidcKeys.BETWEEN.toNanos());
      join(List.of(ready("k2")));
      assertThat(find("k1")).as(text).isInstanceOf(OidcKeys.Found.Key.class);
      assertThat(find("k2")).as(text).isInstanceOf(OidcKeys.Found.None.class);
    }
    idp.answer(200, set((one + ",").repeat(64) + one));
    nanos.addAndGet(OidcKeys.BETWEEN.toNanos());
    join(List.of(ready("k2")));
    assertThat(find("k1")).as("more than 64").isInstanceOf(OidcKeys.Found.Key.class);
  }

  private static byte[] set(String members) {
    return ("{\"keys\":[" + members + "]}").getBytes(StandardCharsets.UTF_8);
  }

  private static Handler collecting(List<LogRecord> told) {
    return new Handler() {
      @Override
      public void publish(LogRecord one) {
        told.add(one);
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }
}
