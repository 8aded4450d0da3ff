"""Payment rates: what each activity is paid, from when to when, and where that can be checked."""

from flask import Response
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from services.ppi.domain.payment_rates import RATES
from shared.http.authorization import public
from shared.http.reads import page

blueprint = Blueprint("payment-rates", "payment-rates", url_prefix="/v1", description="What reviewers are paid")


class RateSchema(Schema):
    activity = fields.String()
    label = fields.String()
    amount_pence = fields.Integer()
    since = fields.Date(data_key="from")
    until = fields.Date(data_key="to", allow_none=True, metadata={"description": "null: until further notice."})
    source = fields.String()
    confirmed = fields.Boolean(metadata={"description": "Whether the source itself states this amount."})


@blueprint.route("/payment-rates")
class PaymentRates(MethodView):
    @public
    @blueprint.response(200, RateSchema(many=True))
    def get(self) -> Response:
        """All rates, now and before, by activity. The one in force on the day of the activity counts."""
        return page(RateSchema(), RATES, len(RATES), lambda rate: rate.activity)
