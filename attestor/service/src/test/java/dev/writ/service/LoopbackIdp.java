// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.writ.artifact.InitiatorToken;
import dev.writ.service.InitiatorsConfig.Keys;
import dev.writ.service.InitiatorsConfig.OidcIssuer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** An identity provider on this machine, whose keys change when a test says so. */
final class LoopbackIdp implements AutoCloseable {
  static final String ISSUER = "https://idp.example";
  static final String AUDIENCE = "writ";

  /** How often its keys were asked for. */
  final AtomicInteger asked = new AtomicInteger();

  private final HttpServer server;
  private volatile int status = 200;
  private volatile byte[] keys;
  private volatile CountDownLatch held = new CountDownLatch(0);

  private LoopbackIdp(HttpServer server, byte[] keys) {
    this.server = server;
    this.keys = keys;
  }

  static LoopbackIdp of(JWK... published) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    LoopbackIdp idp = new LoopbackIdp(server, set(published));
    server.createContext("/keys", idp::answer);
    server.start();
    return idp;
  }

  private void answer(HttpExchange exchange) throws IOException {
    asked.incrementAndGet();
    try (exchange) {
      held.await();
      if (status / 100 == 3) {
        exchange.getResponseHeaders().set("Location", "/keys");
      }
      byte[] body = keys;
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static byte[] set(JWK... published) {
    // Public keys alone, as a provider publishes them.
    return new JWKSet(Arrays.asList(published)).toString(true).getBytes(StandardCharsets.UTF_8);
  }

  /** From now on these are its keys. */
  void publish(JWK... published) {
    answer(200, set(published));
  }

  /** From now on it answers this. */
  void answer(int with, byte[] body) {
    status = with;
    keys = body;
  }

  /** From now on it fails. */
  void fail() {
    status = 503;
  }

  /** From now on it takes questions and answers none, until {@link #release}. */
  void hang() {
    held = new CountDownLatch(1);
  }

  void release() {
    held.countDown();
  }

  /** From now on it answers as before it failed. */
  void recover() {
    status = 200;
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/keys");
  }

  /** As a service is configured with it. */
  OidcIssuer config(String name) {
    return config(name, ISSUER);
  }

  /** The same under another issuer's identifier. */
  OidcIssuer config(String name, String issuer) {
    return new OidcIssuer(
        name,
        issuer,
        AUDIENCE,
        OidcIssuer.SUBJECT,
        false,
        Duration.ofHours(1),
        new Keys.At(url()),
        Duration.ofHours(24));
  }

  static ECKey p256(String kid) throws Exception {
    return new ECKeyGenerator(Curve.P_256).keyID(kid).generate();
  }

  /** What a good token says of somebody. */
  static Map<String, Object> claims(String subject, Instant now) {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", ISSUER);
    claims.put("aud", AUDIENCE);
    claims.put("sub", subject);
    claims.put("iat", now.getEpochSecond());
    claims.put("exp", now.plusSeconds(300).getEpochSecond());
    return claims;
  }

  static InitiatorToken token(JWK key, Map<String, Object> claims) throws Exception {
    return token(key, key instanceof ECKey ? JWSAlgorithm.ES256 : JWSAlgorithm.RS256, claims);
  }

  static InitiatorToken token(JWK key, JWSAlgorithm algorithm, Map<String, Object> claims)
      throws Exception {
    return token(
        key,
        new JWSHeader.Builder(algorithm).keyID(key.getKeyID()).type(JOSEObjectType.JWT).build(),
        claims);
  }

  static InitiatorToken token(JWK key, JWSHeader header, Map<String, Object> claims)
      throws Exception {
    JWSObject jws = new JWSObject(header, new Payload(claims));
    JWSSigner signer =
        key instanceof ECKey ec ? new ECDSASigner(ec) : new RSASSASigner((RSAKey) key);
    jws.sign(signer);
    return new InitiatorToken(jws.serialize());
  }

  @Override
  public void close() {
    release();
    server.stop(0);
  }
}
