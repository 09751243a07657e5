# Signs in whom Digue has signed in. Needs the gem jwt.
# app/controllers/concerns/digue_identity.rb; `include DigueIdentity` in ApplicationController.
require "jwt"

module DigueIdentity
  extend ActiveSupport::Concern

  # DIGUE_PORTAL: [portal] name in the map. DIGUE_ISSUER: [digue] name in digue.toml.
  # DIGUE_JWKS: a copy of https://<portal>/.digue/jwks.json.
  KEYS = JSON.parse(File.read(ENV.fetch("DIGUE_JWKS")), symbolize_names: true)
  CHECKS = {
    algorithms: ["ES256"], jwks: KEYS, leeway: 30, required_claims: %w[iss aud sub exp],
    iss: ENV.fetch("DIGUE_ISSUER"), verify_iss: true, aud: ENV.fetch("DIGUE_PORTAL"), verify_aud: true
  }.freeze

  # The account of a token that Digue signed for this portal within the last minute.
  def self.account(token)
    claims, = JWT.decode(token.to_s, nil, true, CHECKS)
    claims["sub"] if claims["sub"].is_a?(String)
  rescue JWT::DecodeError
    nil
  end

  included do
    before_action :require_digue
    helper_method :current_user
  end

  private

  attr_reader :current_user

  # Every request has a token of its own: no session of this portal signs anyone in.
  def require_digue
    account = DigueIdentity.account(request.headers["Digue-Identity"])
    @current_user = User.find_by(login: account) if account
    head :forbidden unless @current_user
  end
end
